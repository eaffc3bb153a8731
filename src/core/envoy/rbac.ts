// Who may connect or ask, as Envoy's RBAC rules.

import { create } from '@bufbuild/protobuf'
import { RBAC_Action as Action, RBACSchema, type RBAC as Rules } from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'

/** Rules without policies: everybody is allowed, or nobody. */
export function plainRules(allow: boolean): Rules {
  return create(RBACSchema, { action: allow ? Action.DENY : Action.ALLOW })
}
