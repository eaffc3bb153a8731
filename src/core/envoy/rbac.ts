// Rules about who may do what, in Envoy's RBAC form. Both the network and the HTTP filter take it.

import {
  RBAC_Action as Action,
  Principal_AuthenticatedSchema as AuthenticatedSchema,
  PermissionSchema,
  Permission_SetSchema as PermissionSetSchema,
  PolicySchema,
  PrincipalSchema,
  Principal_SetSchema as PrincipalSetSchema,
  type RBAC,
  RBACSchema,
  type Permission as RbacPermission,
  type Policy as RbacPolicy,
  type Principal as RbacPrincipal,
} from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import { type MetadataMatcher, MetadataMatcherSchema } from '../../gen/envoy/type/matcher/v3/metadata_pb.ts'
import { type PathMatcher, PathMatcherSchema } from '../../gen/envoy/type/matcher/v3/path_pb.ts'
import type { ClaimCondition, Permission, Policy, Principal, Rules, TextMatch } from '../intentions/rules.ts'
import { unreachable } from '../model/fault.ts'
import { create } from './create-message.ts'
import { headerMatcher, methodMatcher, textMatcher } from './text-match.ts'

/** The rules as Envoy takes them. Without policies `allow` admits nobody and `deny` everybody. */
export function rbacRules(rules: Rules): RBAC {
  const policies: Record<string, RbacPolicy> = Object.create(null)
  for (const policy of rules.policies) policies[policy.name] = rbacPolicy(policy)
  return create(RBACSchema, { action: rules.action === 'deny' ? Action.DENY : Action.ALLOW, policies })
}

function rbacPolicy({ principals, permissions }: Policy): RbacPolicy {
  return create(PolicySchema, {
    principals: principals.map(principalOf),
    permissions: permissions.map(permissionOf),
  })
}

function principalOf(principal: Principal): RbacPrincipal {
  return create(PrincipalSchema, { identifier: identifierOf(principal) })
}

function identifierOf(principal: Principal): RbacPrincipal['identifier'] {
  switch (principal.kind) {
    case 'any':
      return { case: 'any', value: true }
    case 'and':
      return { case: 'andIds', value: create(PrincipalSetSchema, { ids: principal.parts.map(principalOf) }) }
    case 'or':
      return { case: 'orIds', value: create(PrincipalSetSchema, { ids: principal.parts.map(principalOf) }) }
    case 'not':
      return { case: 'notId', value: principalOf(principal.part) }
    case 'identity': {
      const principalName = textMatcher({ form: 'regex', text: principal.regex, ignoreCase: false })
      return { case: 'authenticated', value: create(AuthenticatedSchema, { principalName }) }
    }
    case 'header':
      return { case: 'header', value: headerMatcher(principal) }
    case 'claim':
      return { case: 'metadata', value: claimOf(principal) }
    default:
      return unreachable(principal)
  }
}

function permissionOf(permission: Permission): RbacPermission {
  return create(PermissionSchema, { rule: ruleOf(permission) })
}

function ruleOf(permission: Permission): RbacPermission['rule'] {
  switch (permission.kind) {
    case 'any':
      return { case: 'any', value: true }
    case 'and':
      return { case: 'andRules', value: create(PermissionSetSchema, { rules: permission.parts.map(permissionOf) }) }
    case 'or':
      return { case: 'orRules', value: create(PermissionSetSchema, { rules: permission.parts.map(permissionOf) }) }
    case 'not':
      return { case: 'notRule', value: permissionOf(permission.part) }
    case 'path':
      return { case: 'urlPath', value: pathOf(permission.match) }
    case 'header':
      return { case: 'header', value: headerMatcher(permission) }
    case 'method':
      return { case: 'header', value: methodMatcher(permission.anyOf) }
    case 'claim':
      return { case: 'metadata', value: claimOf(permission) }
    default:
      return unreachable(permission)
  }
}

function pathOf(match: TextMatch): PathMatcher {
  return create(PathMatcherSchema, { rule: { case: 'path', value: textMatcher(match) } })
}

/** A claim, where the JWT filter leaves the payload of a provider's token. */
function claimOf({ provider, path, value }: ClaimCondition): MetadataMatcher {
  const segments = [`jwt_payload_${provider}`, ...path]
  return create(MetadataMatcherSchema, {
    filter: 'envoy.filters.http.jwt_authn',
    path: segments.map(key => ({ segment: { case: 'key' as const, value: key } })),
    value: {
      matchPattern: { case: 'stringMatch', value: textMatcher({ form: 'exact', text: value, ignoreCase: false }) },
    },
  })
}
