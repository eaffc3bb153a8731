// The check behind `isthmus validate`: configuration files and folders, read as the agent would read them.

import { statSync } from 'node:fs'
import { DEFAULT_PARTITION } from '../core/model/tenancy.ts'
import { parseFlags } from '../lib/go-flags.ts'
import { definitionsOf } from './definitions.ts'
import { loadConfig } from './load-config.ts'
import { agentFlags } from './options.ts'
import { settingsOf } from './settings.ts'
import { settingsWarnings } from './settings-warnings.ts'

const ANY_NODE_ID = '00000000-0000-0000-0000-000000000000'

/** Checks the files together. Resolves to warnings; throws Fault('invalid') with what is wrong. */
export async function checkConfigFiles(paths: readonly string[], format: string): Promise<readonly string[]> {
  const flags = paths.map(path => `${statSync(path).isDirectory() ? '-config-dir' : '-config-file'}=${path}`)
  const parsed = parseFlags(agentFlags, [...flags, `-config-format=${format}`])
  if (parsed.outcome !== 'parsed') throw new Error(`flags made here are refused: ${JSON.stringify(parsed)}`)
  const { config, warnings } = loadConfig(parsed.values, parsed.given)

  // Files that only define services and checks are for an agent that is configured elsewhere.
  const isWhole = Object.keys(config).some(key => !/^(services?|checks?)$/.test(key))
  if (isWhole) return [...warnings, ...settingsWarnings(settingsOf(config, false, ANY_NODE_ID))]
  definitionsOf(config, { scripts: true, partition: DEFAULT_PARTITION })
  return warnings
}
