// WAN addresses in answers of other datacenters: with `translate_wan_addrs` the `wan` tagged address takes the place of the
// address. Tagged addresses themselves stay. (Consul docs: agent configuration, translate_wan_addrs.)

type Row = Readonly<Record<string, unknown>>

/** The same JSON with every node's and service's address translated: nodes, service nodes, instances, node services. */
export function translateAddresses(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(translateAddresses)
  if (!isRow(json)) return json
  if (isRow(json.Node)) return translateNodeWithServices(json)
  if ('ServiceAddress' in json) return translateServiceNode(json)
  return typeof json.Address === 'string' && 'Datacenter' in json ? translateNode(json) : json
}

/** `{Node, Service}` of health, `{Node, Services}` of catalog/node and node-services. */
function translateNodeWithServices(row: Row): Row {
  const out: Record<string, unknown> = { ...row, Node: isRow(row.Node) ? translateNode(row.Node) : row.Node }
  if (isRow(row.Service)) out.Service = translateService(row.Service)
  if (Array.isArray(row.Services))
    out.Services = row.Services.map(each => (isRow(each) ? translateService(each) : each))
  else if (isRow(row.Services)) out.Services = mapValues(row.Services, translateService)
  return out
}

function translateNode(node: Row): Row {
  const wan = isRow(node.TaggedAddresses) ? own(node.TaggedAddresses, 'wan') : undefined
  return typeof wan === 'string' && wan !== '' ? { ...node, Address: wan } : node
}

function translateService(service: Row): Row {
  const wan = wanOf(service.TaggedAddresses)
  if (wan === undefined) return service
  return { ...service, Address: wan.Address, ...(wan.Port === 0 ? {} : { Port: wan.Port }) }
}

function translateServiceNode(row: Row): Row {
  const node = translateNode(row)
  const wan = wanOf(row.ServiceTaggedAddresses)
  if (wan === undefined) return node
  return { ...node, ServiceAddress: wan.Address, ...(wan.Port === 0 ? {} : { ServicePort: wan.Port }) }
}

function wanOf(tagged: unknown): { readonly Address: string; readonly Port: number } | undefined {
  const wan = isRow(tagged) ? own(tagged, 'wan') : undefined
  if (!isRow(wan) || typeof wan.Address !== 'string' || wan.Address === '') return undefined
  return { Address: wan.Address, Port: typeof wan.Port === 'number' ? wan.Port : 0 }
}

function mapValues(rows: Row, change: (row: Row) => Row): Row {
  const out: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(rows)) out[key] = isRow(value) ? change(value) : value
  return out
}

function own(row: Row, key: string): unknown {
  return Object.hasOwn(row, key) ? row[key] : undefined
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
