/** Small code spaces of messages and options, beside the statuses of `status.ts`: one table each. */

export interface CodeSpace {
  readonly name: string;
  readonly clause: string;
  readonly codes: Readonly<Record<number, string>>;
}

export type CodeSpaceName = keyof typeof CODES;

/** Undefined when nobody assigned it. */
export const codeName = (space: CodeSpaceName, code: number): string | undefined =>
  (CODES[space] as CodeSpace).codes[code];

export const CODES = {
  revocationTrigger: {
    name: 'Revocation Trigger',
    clause: 'RFC 5846 §5.1',
    codes: {
      0: 'Unspecified',
      1: 'Administrative Reason',
      2: 'Inter-MAG Handover - same Access Type',
      3: 'Inter-MAG Handover - different Access Type',
      4: 'Inter-MAG Handover - Unknown',
      5: 'User-Initiated Session(s) Termination',
      6: 'Access Network Session(s) Termination',
      7: 'Possible Out-of-Sync BCE State',
      128: 'Per-Peer Policy',
      129: 'Revoking Mobility Node Local Policy',
      250: 'Testing',
      251: 'Testing',
      252: 'Testing',
      253: 'Testing',
      254: 'Testing',
      255: 'Testing',
    },
  },
  revocationStatus: {
    name: 'Binding Revocation Acknowledgement status',
    clause: 'RFC 5846 §5.2',
    codes: {
      0: 'success',
      1: 'partial success',
      128: 'Binding Does NOT Exist',
      129: 'IPv4 Home Address Option Required',
      130: 'Global Revocation NOT Authorized',
      131: 'Revoked Mobile Nodes Identity Required',
      132: 'Revocation Failed - MN is Attached',
      133: 'Revocation Trigger NOT Supported',
      134: 'Revocation Function NOT Supported',
      135: 'Proxy Binding Revocation NOT Supported',
    },
  },
  fastBindingAck: {
    name: 'Fast Binding Acknowledgment status',
    clause: 'RFC 5568 §6.2.3',
    codes: {
      0: 'Fast Binding Update accepted',
      1: 'Fast Binding Update accepted but NCoA is invalid',
      128: 'Reason unspecified',
      129: 'Administratively prohibited',
      130: 'Insufficient resources',
      131: 'Incorrect interface identifier length',
    },
  },
  handoverAck: {
    name: 'Handover Acknowledge code',
    clause: 'RFC 5568 §6.2.1.2',
    codes: {
      0: 'Handover Accepted, NCoA valid',
      1: 'Handover Accepted, NCoA not valid or in use',
      2: 'Handover Accepted, NCoA assigned',
      3: 'Handover Accepted, use PCoA',
      4: 'Message sent unsolicited',
      128: 'Handover Not Accepted, reason unspecified',
      129: 'Administratively prohibited',
      130: 'Insufficient resources',
    },
  },
  flowBinding: {
    name: 'Flow Identification status',
    clause: 'RFC 6089 §4.2',
    codes: {
      0: 'Flow binding successful',
      128: 'Administratively prohibited',
      129: 'Flow binding rejected, reason unspecified',
      130: 'Flow identification mobility option malformed',
      131: 'BID not found',
      132: 'FID not found',
      133: 'Traffic selector format not supported',
    },
  },
  flowAction: {
    name: 'Flow Binding Action',
    clause: 'RFC 7109 §6.2.1',
    codes: {
      11: 'Add a flow binding',
      12: 'Delete a flow binding',
      13: 'Modify a flow binding',
      14: 'Refresh a flow binding',
      15: 'Move a flow binding',
      16: 'Revoke a flow binding',
    },
  },
  flowTrigger: {
    name: 'Flow Binding Indication trigger',
    clause: 'RFC 7109 §6.1.1',
    codes: {
      1: 'Unspecified',
      2: 'Administrative Reason',
      3: 'Possible Out-of-Sync BCE State',
    },
  },
  flowStatus: {
    name: 'Flow Binding Acknowledgement status',
    clause: 'RFC 7109 §6.1.2',
    codes: {
      0: 'Success',
      128: 'Binding (target CoA) Does NOT Exist',
      129: 'Action NOT Authorized',
    },
  },
  localizedRouting: {
    name: 'Localized Routing Acknowledgment status',
    clause: 'RFC 6705 §10.2',
    codes: { 0: 'Success', 128: 'Localized Routing Not Allowed', 129: 'MN Not Attached' },
  },
  updateReason: {
    name: 'Notification Reason',
    clause: 'RFC 7077 §4.1',
    codes: {
      1: 'FORCE-REREGISTRATION',
      2: 'UPDATE-SESSION-PARAMETERS',
      3: 'VENDOR-SPECIFIC-REASON',
      4: 'ANI-PARAMS-REQUESTED',
    },
  },
  updateStatus: {
    name: 'Update Notification Acknowledgement status',
    clause: 'RFC 7077 §4.2',
    codes: {
      0: 'SUCCESS',
      128: 'FAILED-TO-UPDATE-SESSION-PARAMETERS',
      129: 'MISSING-VENDOR-SPECIFIC-OPTION',
    },
  },
  dnsUpdate: {
    name: 'DNS Update status',
    clause: 'RFC 5026 §8.1',
    codes: {
      0: 'DNS update performed',
      128: 'Reason unspecified',
      129: 'Administratively prohibited',
      130: 'DNS update failed',
    },
  },
  ipv4HomeAddressReply: {
    name: 'IPv4 Home Address Reply status',
    clause: 'RFC 5844 §3.3.2',
    codes: {
      0: 'Success',
      128: 'Failure, reason unspecified',
      129: 'Administratively prohibited',
      130: 'Incorrect IPv4 home address',
      131: 'Invalid IPv4 address',
      132: 'Dynamic IPv4 home address assignment not available',
    },
  },
  handoffIndicator: {
    name: 'Handoff Indicator',
    clause: 'RFC 5213 §8.4',
    codes: {
      1: 'Attachment over a new interface',
      2: 'Handoff between two different interfaces of the mobile node',
      3: 'Handoff between mobile access gateways for the same interface',
      4: 'Handoff state unknown',
      5: 'Handoff state not changed (Re-registration)',
    },
  },
  accessTechnology: {
    name: 'Access Technology Type',
    clause: 'RFC 5213 §8.5',
    codes: {
      1: 'Virtual',
      2: 'PPP',
      3: 'IEEE 802.3',
      4: 'IEEE 802.11a/b/g',
      5: 'IEEE 802.16e',
    },
  },
  identifierSubtype: {
    name: 'Mobile Node Identifier subtype',
    clause: 'RFC 4283 §3',
    codes: {
      1: 'NAI',
      2: 'IPv6 address',
      3: 'IMSI',
      4: 'P-TMSI',
      5: 'EUI-48',
      6: 'EUI-64',
    },
  },
} as const satisfies Record<string, CodeSpace>;
