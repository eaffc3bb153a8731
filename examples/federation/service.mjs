// A service to try things with. Answers every request with its name; given an upstream, asks that first and says what it was told.
//
//   node service.mjs NAME ADDRESS:PORT [UPSTREAM-URL]
import { createServer, get } from 'node:http'

const [name = 'service', at = '127.0.0.1:9090', upstream] = process.argv.slice(2)
const [host, port] = at.split(':')

createServer(async (request, response) => {
  const answer = { service: name }
  if (upstream && request.url !== '/health') answer.upstream = await ask(upstream)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(answer)}\n`)
}).listen(Number(port), host, () => console.log(`${name} listens on ${at}`))

/** @param {string} url */
function ask(url) {
  return new Promise(resolve => {
    // A connection for each request, so that every change of the mesh shows at once.
    const request = get(url, { agent: false, timeout: 10_000 }, async reply => {
      let text = ''
      for await (const chunk of reply) text += chunk
      resolve(JSON.parse(text))
    })
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', error => resolve(`no answer: ${error.message}`))
  })
}
