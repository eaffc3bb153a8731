import { expect, test } from 'vitest'
import { namesIn } from './refusal.ts'

const found = (message: string, ...names: string[]) => [...namesIn(message, names)].sort()

test('names in Envoy’s own sentences are found', () => {
  const listeners = 'Error adding/updating listener(s) public:127.0.0.1:20000: cannot bind, web:10.0.0.1:80: duplicate'
  expect(found(listeners, 'public:127.0.0.1:20000', 'web:10.0.0.1:80', 'db:10.0.0.1:81')).toEqual([
    'public:127.0.0.1:20000',
    'web:10.0.0.1:80',
  ])
  expect(found('Error adding/updating cluster(s) api: bad', 'api', 'api2')).toEqual(['api'])
})

test('a name inside a longer word is not that name', () => {
  expect(found('cluster my-api.default.dc1 failed', 'api', 'default', 'my-api')).toEqual([])
  expect(found('cluster web~api failed', 'api')).toEqual([])
  expect(found('api failed. Then api.', 'api')).toEqual(['api'])
})

test('of two names that fit the longer one is meant', () => {
  expect(found('listener api:80 failed', 'api', 'api:80')).toEqual(['api:80'])
  expect(found('listeners api:80 and api failed', 'api', 'api:80')).toEqual(['api', 'api:80'])
})

test('names are no patterns', () => {
  expect(found('cluster a.b*c failed', 'a.b*c', '.*', '')).toEqual(['a.b*c'])
})
