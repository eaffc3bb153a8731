// Masks what two agents cannot agree on: identifiers, indexes, times, certificates, addresses of loopback, versions.

const MASKED_KEYS = new Map<string, string>([
  ['CreateIndex', 'index'],
  ['ModifyIndex', 'index'],
  ['Hash', 'hash'],
  ['ContentHash', 'hash'],
  ['CustomizationHash', 'hash'],
  ['CreatedAt', 'time'],
  ['UpdatedAt', 'time'],
  ['LegacyCreateTime', 'time'],
  ['LegacyUpdateTime', 'time'],
  ['consul-version', 'version'],
  ['version', 'version'],
  ['RootCert', 'pem'],
  ['CertPEM', 'pem'],
  ['PrivateKeyPEM', 'pem'],
  ['SerialNumber', 'serial'],
  ['SigningKeyID', 'key id'],
  ['NotBefore', 'time'],
  ['NotAfter', 'time'],
  ['ValidAfter', 'time'],
  ['ValidBefore', 'time'],
])

/** What one of them has by its version or by what it serves beside. */
const UNSHARED_KEYS = new Set(['grpc_tls_port', 'ServicePorts', 'consul-virtual', 'AutoVirtualIPs', 'ManualVirtualIPs'])
/** Left out when nothing shared is left in them. */
const EMPTIED_KEYS = new Set(['TaggedAddresses', 'ServiceTaggedAddresses'])
/** Times of checks, which may be told as none or as zero. */
const TIME_KEYS = new Set(['Interval', 'Timeout'])

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const LOOPBACK = /\b127\.\d+\.\d+\.\d+\b/g
const FINGERPRINT = /\b([0-9a-f]{2}:){15,}[0-9a-f]{2}\b/g

/** The same JSON with everything by chance replaced by what kind of thing it is. */
export function maskJson(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) return value.map(maskJson)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([key, each]) => {
    if (UNSHARED_KEYS.has(key) || (key === 'Hash' && 'SourceName' in value)) return []
    const mask = maskOf(key, each, value)
    const masked = mask === undefined ? maskJson(each) : mask
    return EMPTIED_KEYS.has(key) && isEmpty(masked) ? [] : [[maskText(key), masked]]
  })
  return Object.fromEntries(entries)
}

/** What stands for a value; undefined when it is looked into. */
function maskOf(key: string, value: unknown, inside: object): string | undefined {
  const mask = MASKED_KEYS.get(key)
  if (mask !== undefined) return `<${mask}>`
  if (key === 'DestinationType' && value === '') return 'service'
  if (TIME_KEYS.has(key) && value === '' && 'CheckID' in inside) return '0s'
  // Whether a connection was tried yet is a matter of milliseconds.
  return key === 'Output' && 'Type' in inside && inside.Type === 'tcp' ? '<output>' : undefined
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

export function maskText(text: string): string {
  return text.replace(UUID, '<uuid>').replace(LOOPBACK, '<loopback>').replace(FINGERPRINT, '<fingerprint>')
}
