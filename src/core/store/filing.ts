// Whether a row that comes from elsewhere can be filed in its table. What else is in the row is not looked at.

import type { Indexed } from '../model/row.ts'
import { TABLES, type TableDefinition, type TableName } from './tables.ts'

/** What keeps a row from being filed under a key; undefined when nothing does. */
export function filingProblem(table: TableName, key: string, row: object): string | undefined {
  // The registry's row types differ; that these fields are such a row is what is found out here.
  const definition = TABLES[table] as unknown as TableDefinition<Indexed, string>
  const fields = row as Indexed
  try {
    if (definition.key(fields) !== key) return 'a row under a key that is not its own'
    const places = Object.values(definition.indexes).map(indexKeyOf => indexKeyOf(fields))
    return places.every(place => place === undefined || typeof place === 'string') ? undefined : INCOMPLETE
  } catch {
    return INCOMPLETE
  }
}

const INCOMPLETE = 'a row without what it is listed by'
