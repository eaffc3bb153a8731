// What `connect envoy -register` registers: a gateway with its addresses, where it listens, and a check of its port.

import { createServer } from 'node:net'
import { Fault } from '../../../../core/model/fault.ts'
import { parseDuration } from '../../../../lib/duration.ts'
import type { JsonObject } from '../../../../lib/json-value.ts'
import { expandAddressTemplate } from '../../../../rim/address-template.ts'
import type { Gateway } from './envoy-flags.ts'

const DEFAULT_PORT = 8443
const CHECK_INTERVAL = '10s'

export interface RegistrationFlags {
  readonly 'proxy-id': string
  readonly service: string
  readonly address: string
  readonly 'wan-address': string
  readonly 'bind-address': readonly string[]
  readonly 'expose-servers': boolean
  readonly 'deregister-after-critical': string
}

type Address = { readonly Address: string; readonly Port: number }

/** The definition to register. Throws Fault('invalid') for addresses that cannot work, naming the flag. */
export async function gatewayRegistration(gateway: Gateway, flags: RegistrationFlags): Promise<JsonObject> {
  if (flags.address === '') {
    throw new Fault('invalid', '-register needs -address, the ip:port at which the datacenter reaches the gateway')
  }
  if (parseDuration(flags['deregister-after-critical']) === undefined) {
    throw new Fault(
      'invalid',
      `-deregister-after-critical ${flags['deregister-after-critical']}: expected a duration such as 6h`,
    )
  }
  const lan = parseGatewayAddress('-address', flags.address)
  const wan = flags['wan-address'] === '' ? undefined : parseGatewayAddress('-wan-address', flags['wan-address'])
  if (wan?.Address === '') throw new Fault('invalid', '-wan-address needs an address in front of the port')

  const name = flags.service || `${gateway}-gateway`
  const config = await bindConfig(flags['bind-address'], lan, wan)
  return {
    Kind: `${gateway}-gateway`,
    Name: name,
    ID: flags['proxy-id'] || name,
    Port: lan.Port,
    Address: lan.Address,
    TaggedAddresses: { ...(lan.Address === '' ? {} : { lan }), ...(wan === undefined ? {} : { wan }) },
    ...(flags['expose-servers'] ? { Meta: { 'consul-wan-federation': '1' } } : {}),
    ...(config === undefined ? {} : { Proxy: { Config: config } }),
    ...(gateway === 'api' ? {} : { Check: listeningCheck(gateway, lan, flags['deregister-after-critical']) }),
  }
}

/** `ip:port`, `ip` or `[ip]:port`, with templates such as `{{ GetInterfaceIP "eth0" }}` expanded. Throws Fault('invalid'). */
export function parseGatewayAddress(flag: string, written: string): Address {
  const text = expandAddressTemplate(written)
  const match =
    /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s/]*))(?::(\d{1,5}))?$/.exec(text) ??
    /^()([0-9a-fA-F:]+:[0-9a-fA-F:]*)$/.exec(text)
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  if (!match || port < 1 || port > 65535) {
    throw new Fault('invalid', `${flag} ${JSON.stringify(text)}: expected ip:port, such as 10.0.0.1:${DEFAULT_PORT}`)
  }
  return { Address: match[1] || match[2] || '', Port: port }
}

/** True when a listener on `address` can be opened on this machine. */
export function canBind(address: string): Promise<boolean> {
  if (address === '') return Promise.resolve(false)
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve(true)))
  })
}

/** Where the gateway listens, where that is not simply its own address. */
async function bindConfig(written: readonly string[], lan: Address, wan?: Address): Promise<JsonObject | undefined> {
  if (written.length > 0) {
    const addresses = Object.fromEntries(written.map(parseBindAddress))
    return { envoy_gateway_no_default_bind: true, envoy_gateway_bind_addresses: addresses }
  }
  const isLanOurs = await canBind(lan.Address)
  if (isLanOurs && wan !== undefined && (await canBind(wan.Address))) {
    return { envoy_gateway_no_default_bind: true, envoy_gateway_bind_tagged_addresses: true }
  }
  if (isLanOurs || lan.Address === '') return undefined
  throw new Fault(
    'invalid',
    `-address ${lan.Address} is no address of this machine; give one that is, or say where to listen with -bind-address`,
  )
}

function parseBindAddress(written: string): [string, Address] {
  const equals = written.indexOf('=')
  if (equals < 1) throw new Fault('invalid', `-bind-address ${written}: expected name=ip:port`)
  return [written.slice(0, equals), parseGatewayAddress('-bind-address', written.slice(equals + 1))]
}

function listeningCheck(gateway: Gateway, lan: Address, deregisterAfter: string): JsonObject {
  const host = lan.Address === '' ? '127.0.0.1' : lan.Address
  return {
    Name: `${gateway}-gateway listening`,
    TCP: `${host.includes(':') ? `[${host}]` : host}:${lan.Port}`,
    Interval: CHECK_INTERVAL,
    DeregisterCriticalServiceAfter: deregisterAfter,
  }
}
