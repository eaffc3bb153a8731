// What a service definition must satisfy before an agent takes it. Rules as Consul documents them for service definitions.

import type { Issue } from '../../lib/schema.ts'
import type { Upstream } from '../model/proxy-config.ts'
import { isGateway, type ServiceDefinition, type SidecarDefinition } from '../model/service.ts'

type Definition = ServiceDefinition | SidecarDefinition

const META_KEY = /^[A-Za-z0-9_-]+$/
// Control characters would make keys ambiguous and logs unreadable; a slash would be a path.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const BAD_NAME = /[\u0000-\u001f\u007f/]/

/** Everything wrong with a definition; empty when it can be registered. */
export function checkServiceDefinition(definition: Definition): readonly Issue[] {
  return [
    ...checkNames(definition),
    ...checkAddress(definition),
    ...checkMeta(definition),
    ...checkWeights(definition),
    ...checkKind(definition),
    ...checkSidecar(definition),
  ]
}

function checkNames(definition: Definition): Issue[] {
  const issues: Issue[] = []
  if (!definition.Name) issues.push({ path: '', message: 'Missing service name' })
  for (const field of ['Name', 'ID'] as const) {
    const value = definition[field] ?? ''
    if (BAD_NAME.test(value)) {
      issues.push({ path: field, message: `invalid value ${JSON.stringify(value)}; no "/" and no control characters` })
    }
  }
  return issues
}

function checkAddress(definition: Definition): Issue[] {
  if (definition.Address !== '0.0.0.0' && definition.Address !== '::') return []
  return [
    {
      path: 'Address',
      message: `Invalid service address: "${definition.Address}" reaches nobody; give an address others can dial`,
    },
  ]
}

function checkMeta(definition: Definition): Issue[] {
  const pairs = Object.entries(definition.Meta ?? {})
  const issues = pairs.flatMap(([key, value]) => checkMetaPair(definition, key, value))
  if (pairs.length > 64)
    issues.push({ path: 'Meta', message: 'Invalid Service Meta: cannot contain more than 64 key/value pairs' })
  return issues
}

function checkMetaPair(definition: Definition, key: string, value: string): Issue[] {
  const path = `Meta[${JSON.stringify(key)}]`
  if (!META_KEY.test(key))
    return [{ path, message: 'Invalid Service Meta: keys are made of letters, digits, "_" and "-"' }]
  if (key.length > 128) return [{ path, message: 'Invalid Service Meta: key is longer than 128 characters' }]
  if (value.length > 512) return [{ path, message: 'Invalid Service Meta: value is longer than 512 characters' }]
  const allowed = definition.Kind === 'mesh-gateway' && key === 'consul-wan-federation'
  if (key.startsWith('consul-') && !allowed)
    return [{ path, message: "Invalid Service Meta: keys beginning with 'consul-' are reserved" }]
  return []
}

function checkWeights(definition: Definition): Issue[] {
  const weights = definition.Weights
  if (weights === undefined) return []
  const issues: Issue[] = []
  if (weights.Passing < 1 || weights.Passing > 65535) {
    issues.push({
      path: 'Weights.Passing',
      message: `Invalid Weights: Passing must be 1 to 65535, not ${weights.Passing}`,
    })
  }
  if (weights.Warning < 0 || weights.Warning > 65535) {
    issues.push({
      path: 'Weights.Warning',
      message: `Invalid Weights: Warning must be 0 to 65535, not ${weights.Warning}`,
    })
  }
  return issues
}

function checkKind(definition: Definition): Issue[] {
  if (definition.Kind === 'connect-proxy') return checkConnectProxy(definition)
  return isGateway(definition.Kind) ? checkGateway(definition) : []
}

function checkConnectProxy(definition: Definition): Issue[] {
  const issues: Issue[] = []
  const proxy = definition.Proxy
  if (!proxy?.DestinationServiceName) {
    issues.push({ path: 'Proxy.DestinationServiceName', message: 'must be non-empty for a connect-proxy' })
  }
  if (proxy?.DestinationServiceName === '*') {
    issues.push({ path: 'Proxy.DestinationServiceName', message: 'must not be a wildcard for a connect-proxy' })
  }
  if (!definition.Port && !definition.SocketPath) {
    issues.push({ path: 'Port', message: 'Port or SocketPath must be set for a connect-proxy' })
  }
  if ('Connect' in definition && definition.Connect?.Native) {
    issues.push({ path: 'Connect.Native', message: 'must not be set for a connect-proxy' })
  }
  const upstreams = proxy?.Upstreams ?? []
  return [...issues, ...upstreams.flatMap((each, i) => checkUpstream(each, i, proxy?.Mode)), ...checkUnique(upstreams)]
}

function checkUpstream(upstream: Upstream, i: number, mode: string | undefined): Issue[] {
  const path = `Proxy.Upstreams[${i}]`
  const issues: Issue[] = []
  if (upstream.DestinationName === '') issues.push({ path: `${path}.DestinationName`, message: 'is required' })
  if (upstream.DestinationName === '*' && mode !== 'transparent') {
    issues.push({ path: `${path}.DestinationName`, message: 'a wildcard needs Proxy.Mode "transparent"' })
  }
  if (!upstream.LocalBindPort && !upstream.LocalBindSocketPath && mode !== 'transparent') {
    issues.push({ path: `${path}.LocalBindPort`, message: 'a local bind port or LocalBindSocketPath is required' })
  }
  if (upstream.DestinationPeer && upstream.Datacenter) {
    issues.push({ path: `${path}.DestinationPeer`, message: 'excludes Datacenter: a peer is reached wherever it is' })
  }
  if (upstream.DestinationPeer && upstream.DestinationType === 'prepared_query') {
    issues.push({ path: `${path}.DestinationPeer`, message: 'excludes DestinationType "prepared_query"' })
  }
  return issues
}

function checkUnique(upstreams: readonly Upstream[]): Issue[] {
  const issues: Issue[] = []
  const names = new Map<string, number>()
  const binds = new Map<string, number>()
  upstreams.forEach((upstream, i) => {
    const name = JSON.stringify([
      upstream.DestinationType,
      upstream.DestinationPartition ?? '',
      upstream.DestinationNamespace ?? '',
      upstream.DestinationPeer ?? '',
      upstream.DestinationName,
      upstream.Datacenter ?? '',
    ])
    const bind = upstream.LocalBindSocketPath || `${upstream.LocalBindAddress || '127.0.0.1'}:${upstream.LocalBindPort}`
    const sameName = names.get(name)
    const sameBind = upstream.LocalBindPort || upstream.LocalBindSocketPath ? binds.get(bind) : undefined
    if (sameName !== undefined)
      issues.push({ path: `Proxy.Upstreams[${i}]`, message: `is the same upstream as number ${sameName}` })
    if (sameBind !== undefined)
      issues.push({ path: `Proxy.Upstreams[${i}]`, message: `binds ${bind}, as number ${sameBind} does` })
    names.set(name, i)
    binds.set(bind, i)
  })
  return issues
}

const FORBIDDEN_ON_GATEWAYS = [
  'DestinationServiceName',
  'DestinationServiceID',
  'LocalServiceAddress',
  'LocalServicePort',
  'LocalServiceSocketPath',
] as const

function checkGateway(definition: Definition): Issue[] {
  const issues: Issue[] = []
  const needsPort = definition.Kind !== 'ingress-gateway' && definition.Kind !== 'api-gateway'
  if (needsPort && !definition.Port)
    issues.push({ path: 'Port', message: `Port must be non-zero for a ${definition.Kind}` })
  for (const field of FORBIDDEN_ON_GATEWAYS) {
    if (definition.Proxy?.[field])
      issues.push({ path: `Proxy.${field}`, message: `must be empty for a ${definition.Kind}` })
  }
  if ((definition.Proxy?.Upstreams ?? []).length > 0) {
    issues.push({ path: 'Proxy.Upstreams', message: `must be empty for a ${definition.Kind}` })
  }
  return issues
}

function checkSidecar(definition: Definition): Issue[] {
  if (!('Connect' in definition) || definition.Connect?.SidecarService === undefined) return []
  if (definition.Kind !== '') {
    return [{ path: 'Connect.SidecarService', message: `must not be set for a ${definition.Kind}` }]
  }
  if (definition.Connect.Native) {
    return [{ path: 'Connect', message: 'Native and SidecarService exclude each other' }]
  }
  return []
}
