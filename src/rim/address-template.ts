// Addresses written as `{{ GetInterfaceIP "eth0" }}`: the part of go-sockaddr templates that deployments use.

import { isIPv4 } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { Fault } from '../core/model/fault.ts'

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * Replaces each template in `text` by an address of this machine: `GetInterfaceIP "name"`, `GetPrivateIP` or
 * `GetPublicIP`. Throws Fault('invalid') for another template, or when no address fits.
 */
export function expandAddressTemplate(text: string, interfaces: Interfaces = networkInterfaces()): string {
  return text.replace(/\{\{\s*(.*?)\s*\}\}/g, (template, body: string) => {
    const [, fn, name] = /^(\w+)(?:\s+"([^"]*)")?$/.exec(body) ?? []
    const found = find(fn ?? '', name, interfaces)
    if (found === undefined) throw new Fault('invalid', `address template ${template} is not supported`)
    if (found === '') throw new Fault('invalid', `address template ${template} matches no address of this machine`)
    return found
  })
}

/** The address, empty when none fits, undefined for an unknown function. */
function find(fn: string, name: string | undefined, interfaces: Interfaces): string | undefined {
  const all = Object.values(interfaces).flatMap(list => list ?? [])
  switch (fn) {
    case 'GetInterfaceIP': {
      const own = name !== undefined && Object.hasOwn(interfaces, name) ? (interfaces[name] ?? []) : []
      return (own.find(info => info.family === 'IPv4') ?? own[0])?.address ?? ''
    }
    case 'GetPrivateIP':
      return all.find(info => !info.internal && isPrivate(info.address))?.address ?? ''
    case 'GetPublicIP':
      return all.find(info => !info.internal && isIPv4(info.address) && !isPrivate(info.address))?.address ?? ''
    default:
      return undefined
  }
}

/** The ranges of RFC 1918 and RFC 6598. */
function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(address)
}
