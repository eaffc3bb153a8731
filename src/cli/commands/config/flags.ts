// Options and checks that the config commands share.

import { Fault } from '../../../core/model/fault.ts'
import { boolFlag, intFlag, stringFlag } from '../../../lib/go-flags.ts'

export const kindFlag = stringFlag('Kind of the entry, such as proxy-defaults or service-resolver.', {
  placeholder: 'kind',
})

export const nameFlag = stringFlag('Name of the entry.', { placeholder: 'name' })

export const casFlags = {
  cas: boolFlag('Change the entry only if its ModifyIndex is still the one given with -modify-index.'),
  'modify-index': intFlag('With -cas, the expected ModifyIndex; 0 means the entry must not exist yet.', { min: 0 }),
}

/** The `cas` parameter of a request; undefined without -cas. Throws Fault('invalid') for -modify-index alone. */
export function casParameter(flags: { cas: boolean; 'modify-index': number | undefined }): string | undefined {
  const index = flags['modify-index']
  if (!flags.cas && index !== undefined) throw new Fault('invalid', 'Cannot specify -modify-index without -cas')
  return flags.cas ? String(index ?? 0) : undefined
}

/** Throws Fault('invalid') when a parameter that must be given is empty. */
export function requireParameter(name: string, value: string): void {
  if (value === '') throw new Fault('invalid', `Must specify the -${name} parameter`)
}
