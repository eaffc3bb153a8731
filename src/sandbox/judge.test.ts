import { expect, test } from 'vitest'
import { judge } from './judge.ts'

const connection = {
  from: '',
  at: 'a:1',
  sni: 'api',
  via: '',
  to: 'b:2',
  cluster: '',
  caller: '',
  answerer: '',
  flags: '',
}
const expected = { answer: 'api answered', hops: [{ proxy: 'web-sidecar', at: 'a:1', to: 'b:2' }] }

test('nothing is wrong when the answer and every named field are as expected', () => {
  expect(judge(expected, [{ proxy: 'web-sidecar', connection, sni: '' }], 'api answered')).toEqual([])
})

test('a wrong answer is named with the right one', () => {
  expect(judge(expected, [{ proxy: 'web-sidecar', connection, sni: '' }], 'no answer')).toEqual([
    'the answer is "no answer", and should be "api answered"',
  ])
})

test('a hop that went elsewhere is named with the field', () => {
  const hops = [{ proxy: 'web-sidecar', connection: { ...connection, to: 'c:3' }, sni: '' }]
  expect(judge(expected, hops, 'api answered')).toEqual(['web-sidecar: to is "c:3", and should be "b:2"'])
})

test('a way through other proxies is told as a whole', () => {
  const hops = [
    { proxy: 'web-sidecar', connection, sni: '' },
    { proxy: 'gateway', connection, sni: '' },
  ]
  expect(judge(expected, hops, 'api answered')).toEqual([
    'the way was web-sidecar -> gateway, and should be web-sidecar',
  ])
  expect(judge(expected, [], 'api answered')).toEqual(['the way was through no proxy, and should be web-sidecar'])
})
