// `isthmus validate`: checks configuration files without an agent: the agent's own, service definitions, config entries.

import { readFileSync, statSync } from 'node:fs'
import { decodeEntry } from '../../core/entries/index.ts'
import { Fault, invalid } from '../../core/model/fault.ts'
import { boolFlag, choiceFlag } from '../../lib/go-flags.ts'
import type { JsonObject, JsonValue } from '../../lib/json-value.ts'
import { type ConfigFormat, formatOfName, parseConfigText } from '../../rim/config-file.ts'
import { text } from '../answer.ts'
import { type Command, defineCommand } from '../define-command.ts'
import { lookup } from '../read-document.ts'

/** Checks files and folders of agent configuration together, as the agent would read them. Resolves to warnings. */
export type AgentConfigCheck = (paths: readonly string[], format: string) => Promise<readonly string[]>

/** The command; what an agent's configuration may hold is known to the agent, which hands its check in. */
export function validateCommand(checkAgentConfig: AgentConfigCheck): Command {
  return defineCommand({
    usage: 'validate [options] PATH...',
    help: `Checks configuration files, and folders of them, without an agent. Files with a Kind are configuration entries
and are checked each by itself; all others together are the configuration of an agent.

Exits with status 0 when everything is valid.

Example:

    $ isthmus validate /etc/isthmus api-resolver.hcl`,
    flags: {
      'config-format': choiceFlag('Format of files without a telling extension.', ['', 'hcl', 'json', 'yaml'], ''),
      quiet: boolFlag('Print nothing when everything is valid.'),
    },
    args: { min: 1, max: Number.POSITIVE_INFINITY },
    failure: 'Config validation failed',
    run: async ({ io, flags, args }) => {
      const format = flags['config-format'] === '' ? undefined : flags['config-format']
      const agentPaths = args.filter(path => !checkEntry(path, format))
      if (agentPaths.length > 0) {
        for (const warning of await checkAgentConfig(agentPaths, flags['config-format']))
          io.stderr.write(`${warning}\n`)
      }
      if (!flags.quiet) io.stdout.write('Configuration is valid!\n')
      return 0
    },
  })
}

/** Checks a config entry; false when the path is something else. Throws Fault('invalid') with what is wrong. */
function checkEntry(path: string, format: ConfigFormat | undefined): boolean {
  const content = readIfFile(path)
  if (content === undefined) return false
  const document = parseConfigText(content, formatOfName(path) ?? format, path)
  if (!isObject(document) || text(lookup(document, 'kind')) === '') return false
  const decoded = decodeEntry(document)
  if (!decoded.ok) throw invalid(path, decoded.issues)
  return true
}

function readIfFile(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : String(error)
    throw new Fault('invalid', `${path}: ${reason}`, { cause: error })
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
