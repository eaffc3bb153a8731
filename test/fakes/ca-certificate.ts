// The certificate of an authority, for tests that only need one to be readable. Nobody has its key.

/** PEM, self-signed. */
export const TEST_CA = `-----BEGIN CERTIFICATE-----
MIIBrjCCAVSgAwIBAgITHotHs9mTeNoKvHKLcAFuxTDffDAKBggqhkjOPQQDAjAt
MSswKQYDVQQDDCJwcmktdGVzdC5jb25zdWwuY2EuMTExMTExMTEuY29uc3VsMB4X
DTI2MTEyMTExNTExNloXDTM2MTExODExNTExNlowLTErMCkGA1UEAwwicHJpLXRl
c3QuY29uc3VsLmNhLjExMTExMTExLmNvbnN1bDBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABIoRfm/O4QQoNghB+y8vxMwtd0MaRfTkvfQKSkLT+D6omiXAZ4dHi9Sx
cuA9Rjzg+dtlalQfjVYqOSKrsH8rhSejUzBRMB0GA1UdDgQWBBTPSTgyf0ODu4X4
hSqQYLZpd37AGjAfBgNVHSMEGDAWgBTPSTgyf0ODu4X4hSqQYLZpd37AGjAPBgNV
HRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIAQvg3NggVy/lIE1aBNm555v
k7FIrjYYKJq02wgAy9ZMAiEA/OiJjL0/+VSSGzKs/cYlnIWkZGnsRNAzI9mutxwf
tGs=
-----END CERTIFICATE-----
`

/** Milliseconds since the epoch at which it begins and ceases to be valid. */
export const TEST_CA_BEFORE = Date.parse('2026-11-21T11:51:16Z')
export const TEST_CA_AFTER = Date.parse('2036-11-18T11:51:16Z')
