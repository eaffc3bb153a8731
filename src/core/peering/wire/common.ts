// Messages that others are made of: what google.protobuf and google.rpc define, and Consul's common package. Field numbers are
// those of the published definitions.

import { bytes, type Infer, int, list, message, string } from '../../../lib/wire-message.ts'

/** google.protobuf.Any. */
export const Any = message({ typeUrl: string(1), value: bytes(2) })

/** What is read of a google.rpc.Status in a frame; `code` is a gRPC status code. */
export const Status = message({ code: int(1), message: string(2) })

export type Status = Infer<typeof Status>

/** google.rpc.Status with its details, as the end of a call carries it. */
export const DetailedStatus = message({ code: int(1), message: string(2), details: list(3, Any) })

export const RaftIndex = message({ CreateIndex: int(1), ModifyIndex: int(2) })

export const EnterpriseMeta = message({ Namespace: string(1), Partition: string(2) })

export const Locality = message({ Region: string(1), Zone: string(2) })
