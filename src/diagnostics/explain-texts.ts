/** What the tables of the protocol do not say: what a thing is for, who sends it, what a person does about it. */
import type { Meaning } from './explain.js';
import type { KnownMessage } from '../wire/mobility/message.js';
import type { KnownOption } from '../wire/mobility/option.js';

/** Meaning, sender, and what to do where there is something. */
type Text = readonly [meaning: string, sender: string, advice?: string];

const MN = 'the mobile node';
const HA = 'the home agent';
const CN = 'the correspondent node';
const PAR = 'access routers, of each other (fast handovers)';
const MAG = 'the mobile access gateway (proxy mobility)';
const LMA = 'the local mobility anchor (proxy mobility)';
const BOTH = 'mobile access gateway and local mobility anchor';
const NOT_HERE = 'Shown, not acted on: no role of this program speaks it.';

export const MESSAGE_TEXTS: Readonly<Record<KnownMessage['kind'], Text>> = {
  bindingRefreshRequest: [
    'Asks the mobile node to renew its binding, because it is about to run out while packets still flow.',
    CN,
    'Nothing: the mobile node sends a Binding Update.',
  ],
  homeTestInit: [
    'Starts the home half of return routability: it goes through the home agent.',
    MN,
    'Without a Home Test in answer, look whether the tunnel to the home agent carries it.',
  ],
  careOfTestInit: [
    'Starts the care-of half of return routability: it goes the direct way.',
    MN,
    'Without a Care-of Test in answer, look at the direct path to the correspondent node.',
  ],
  homeTest: [
    'Brings the home keygen token, which proves that the mobile node is at its home address.',
    CN,
  ],
  careOfTest: [
    'Brings the care-of keygen token, which proves that the mobile node is at its care-of address.',
    CN,
  ],
  bindingUpdate: [
    'Says where the mobile node is: home address, care-of address, for how long. A lifetime of zero deletes the binding.',
    MN,
    'Each one that has A set must be answered by a Binding Acknowledgement with its sequence number; unanswered ones are repeated after 1.5, 3, 6 … 32 seconds.',
  ],
  bindingAck: [
    'Answers a Binding Update: status below 128 accepts it, 128 and above refuses it.',
    'the home agent, or a correspondent node when asked to',
    'Look at its status: "mip6 explain STATUS".',
  ],
  bindingError: [
    'Says that a packet of Mobile IPv6 could not be used: no binding for its Home Address option, or an unknown message type.',
    'any node that got such a packet',
    'Look at its status: 1 has the mobile node register again, 2 means that the peer lacks an extension.',
  ],
  fastBindingUpdate: [
    'Asks the previous access router to tunnel to the new care-of address before the handover is done.',
    MN,
    NOT_HERE,
  ],
  fastBindingAck: ['Answers a Fast Binding Update.', 'the previous access router', NOT_HERE],
  fastNeighborAdvertisement: [
    'Announced the mobile node on its new link; RFC 5568 replaced it by a neighbour advertisement.',
    MN,
    NOT_HERE,
  ],
  experimental: [
    'A message whose content is the business of an experiment.',
    'whoever runs the experiment',
  ],
  homeAgentSwitch: [
    'Tells the mobile node to use another home agent, of the list if there is one.',
    HA,
    'The mobile node should register with one of the addresses given; without any it discovers one.',
  ],
  heartbeat: [
    'Asks whether the peer is alive, or answers that; the restart counter tells of lost state.',
    BOTH,
    NOT_HERE,
  ],
  handoverInitiate: [
    'Prepares the new access router for a mobile node that is about to come.',
    'the previous access router',
    NOT_HERE,
  ],
  handoverAck: ['Answers a Handover Initiate.', 'the new access router', NOT_HERE],
  bindingRevocation: [
    'Withdraws a binding (type 1, Indication) or answers that (type 2, Acknowledgement).',
    'the home agent or local mobility anchor; the answer comes from the mobile node or gateway',
    'Look at the trigger of the indication: it says why.',
  ],
  localizedRoutingInitiation: [
    'Sets up or ends a direct path between two mobile nodes of one access network.',
    BOTH,
    NOT_HERE,
  ],
  localizedRoutingAck: ['Answers a Localized Routing Initiation.', BOTH, NOT_HERE],
  updateNotification: ['Tells the gateway that parameters of a session changed.', LMA, NOT_HERE],
  updateNotificationAck: ['Answers an Update Notification.', MAG, NOT_HERE],
  flowBinding: [
    'Moves flows between care-of addresses (type 1, Indication) or answers that (type 2, Acknowledgement).',
    'the home agent; the answer comes from the mobile node',
    NOT_HERE,
  ],
  subscriptionQuery: ['Asks a gateway which multicast groups a mobile node hears.', LMA, NOT_HERE],
  subscriptionResponse: ['Answers a Subscription Query.', MAG, NOT_HERE],
};

export const OPTION_TEXTS: Readonly<Record<KnownOption['kind'], Text>> = {
  pad1: [
    'One octet of padding, so that the next option stands where it must.',
    'whoever sends the message',
    'Nothing.',
  ],
  padN: ['Two or more octets of padding.', 'whoever sends the message', 'Nothing.'],
  bindingRefreshAdvice: [
    'How soon the home agent would like the binding renewed, in steps of 4 seconds; below the lifetime.',
    HA,
    'Nothing: the mobile node renews then.',
  ],
  alternateCareOf: [
    'The care-of address, inside what IPsec protects, where the source address of the packet is not.',
    MN,
    'When it differs from the source address, it wins: look for a NAT or a spoofer if that was not meant.',
  ],
  nonceIndices: [
    'Which nonces the correspondent node is to use to make the keygen tokens anew.',
    MN,
    'Present only in updates to correspondent nodes; status 136, 137 or 138 says that they are too old.',
  ],
  bindingAuthorization: [
    'The authenticator of a Binding Update or Acknowledgement of a correspondent node; always the last option.',
    'the mobile node, and the correspondent node in its answer',
    'Wrong ones are dropped in silence: repeat the two tests.',
  ],
  mobileNetworkPrefix: [
    'A prefix of the network behind a mobile router (explicit mode).',
    'the mobile router',
    'Home agent and mobile router must hold the same prefixes: status 141, 142.',
  ],
  linkLayerAddress: ['A link-layer address, of the mobile node or a router.', PAR, NOT_HERE],
  mobileNodeIdentifier: [
    'Who the mobile node is, mostly as a network access identifier (name@realm).',
    'the mobile node or gateway',
    NOT_HERE,
  ],
  authentication: [
    'A message authentication code under a shared key, in place of IPsec.',
    'the mobile node and home agent',
    'It must match the key and SPI of the peer: status 146.',
  ],
  messageIdentifier: [
    'A time stamp or nonce against replay of authenticated messages.',
    'the mobile node and home agent',
    'Set both clocks right: status 144, 145.',
  ],
  cgaParametersRequest: [
    'Asks for the parameters of a cryptographically generated address.',
    CN,
    NOT_HERE,
  ],
  cgaParameters: [
    'Parameters of a cryptographically generated address, 255 octets at a time.',
    MN,
    NOT_HERE,
  ],
  signature: ['A signature by the key of a cryptographically generated address.', MN, NOT_HERE],
  permanentHomeToken: [
    'A home keygen token that stays, encrypted to the key of the mobile node.',
    CN,
    NOT_HERE,
  ],
  careOfTestInitOption: [
    'Asks for a care-of keygen token in the answer to an early Binding Update.',
    MN,
    NOT_HERE,
  ],
  careOfTestOption: ['The care-of keygen token that was asked for.', CN, NOT_HERE],
  dnsUpdate: [
    'Asks the home agent to enter the home address in the DNS, and its answer.',
    'the mobile node and home agent',
    NOT_HERE,
  ],
  experimental: ['Data of an experiment.', 'whoever runs the experiment'],
  vendorSpecific: [
    'Data of a vendor, by its private enterprise number.',
    'equipment of that vendor',
    'Nothing: who does not know it skips it.',
  ],
  serviceSelection: [
    'Which service or network (such as an APN) the registration is for.',
    'the mobile node or gateway',
    NOT_HERE,
  ],
  fastBindingAuthorization: [
    'The authenticator of a fast handover message.',
    'the mobile node and access router',
    NOT_HERE,
  ],
  homeNetworkPrefix: [
    'The prefix that the mobile node has in a proxy mobility domain.',
    BOTH,
    NOT_HERE,
  ],
  handoffIndicator: ['What kind of handover brought the mobile node.', MAG, NOT_HERE],
  accessTechnology: ['What kind of access network the mobile node is on.', MAG, NOT_HERE],
  linkLayerIdentifier: ['An identifier of the interface of the mobile node.', MAG, NOT_HERE],
  linkLocalAddress: [
    'The link-local address that gateways use towards the mobile node.',
    BOTH,
    NOT_HERE,
  ],
  timestamp: ['When the message was sent, to put proxy registrations in order.', BOTH, NOT_HERE],
  restartCounter: [
    'How often the sender has started: a change means that its bindings are gone.',
    BOTH,
    NOT_HERE,
  ],
  ipv4HomeAddress: [
    'The IPv4 home address that the mobile node wants bound; 0.0.0.0 asks for one; P asks for a prefix.',
    MN,
    'The answer is an IPv4 Address Acknowledgement option.',
  ],
  ipv4AddressAck: [
    'Whether the IPv4 home address is bound, and which one.',
    HA,
    'Look at its status: 0 is yes.',
  ],
  natDetection: [
    'A NAT stands between the mobile node and the home agent: traffic goes in UDP, port 4191, and the mobile node sends a keep-alive within the refresh time. F has UDP used without a NAT too.',
    'the home agent, in a Binding Acknowledgement over UDP',
    'Nothing, if there is a NAT. If there is none, look for one: the source address of the Binding Update was not the care-of address inside it.',
  ],
  ipv4CareOf: [
    'The IPv4 care-of address of the mobile node; the home agent compares it with where the packet came from, to find NATs.',
    MN,
  ],
  greKey: ['The GRE key for the tunnel, or a request for one.', BOTH, NOT_HERE],
  ipv6AddressPrefix: [
    'An old or new care-of address, or a router address or prefix.',
    PAR,
    NOT_HERE,
  ],
  bindingIdentifier: [
    'Which of several care-of addresses of one home address this is.',
    'the mobile node, and the home agent in its answer',
    'Both must speak RFC 5648: status 164 to 169.',
  ],
  ipv4HomeAddressRequest: [
    'Asks for an IPv4 home address in a proxy mobility domain.',
    MAG,
    NOT_HERE,
  ],
  ipv4HomeAddressReply: ['Whether that IPv4 home address is given.', LMA, NOT_HERE],
  ipv4DefaultRouter: ['The IPv4 default router of the mobile node.', LMA, NOT_HERE],
  ipv4DhcpMode: ['Whether the gateway is to be DHCP server or relay.', LMA, NOT_HERE],
  contextRequest: ['Asks for the context of a mobile node.', PAR, NOT_HERE],
  anchorAddress: ['The address of the anchor of a mobile node.', PAR, NOT_HERE],
  linkLocalIdentifier: [
    'The interface identifier of the link-local address of a mobile node.',
    PAR,
    NOT_HERE,
  ],
  transientBinding: ['Lets the old path live on while the new one is set up.', MAG, NOT_HERE],
  flowSummary: ['Flows to be kept as they are, by their identifiers.', MN, NOT_HERE],
  flowIdentification: [
    'Which packets are one flow, and which care-of address it takes.',
    MN,
    NOT_HERE,
  ],
  redirectCapability: ['The gateway can be sent to another anchor.', MAG, NOT_HERE],
  redirect: ['The anchor to use instead.', LMA, NOT_HERE],
  loadInformation: ['How loaded the anchor is.', LMA, NOT_HERE],
  alternateIpv4CareOf: ['The IPv4 address of the gateway for the tunnel.', MAG, NOT_HERE],
  nodeGroupIdentifier: [
    'A group of mobile nodes that one message updates together.',
    BOTH,
    NOT_HERE,
  ],
  gatewayAddress: ['The address of the other gateway of a localized path.', LMA, NOT_HERE],
  accessNetworkIdentifier: [
    'Which access network the mobile node is on: name, place, operator.',
    MAG,
    NOT_HERE,
  ],
  ipv4TrafficOffload: ['Which IPv4 flows leave at the gateway.', BOTH, NOT_HERE],
  dynamicMulticastSelector: ['Where multicast is to come from.', BOTH, NOT_HERE],
  delegatedPrefix: ['A prefix for the network behind the mobile node, delegated.', BOTH, NOT_HERE],
  activeMulticast4: ['IPv4 multicast groups that the mobile node hears.', MAG, NOT_HERE],
  activeMulticast6: ['IPv6 multicast groups that the mobile node hears.', MAG, NOT_HERE],
  qualityOfService: ['Quality of service of a session.', BOTH, NOT_HERE],
  anchorUserPlane: ['Where data goes when it does not go where signalling goes.', LMA, NOT_HERE],
  multicastMobility: ['Multicast state of a mobile node in a fast handover.', PAR, NOT_HERE],
  multicastAck: ['Which of that the new router takes.', PAR, NOT_HERE],
  gatewayParameters: ['Parameters that the anchor sets on its gateways.', LMA, NOT_HERE],
  multipathBinding: ['Several paths between one gateway and the anchor.', MAG, NOT_HERE],
  gatewayIdentifier: ['Which gateway has those paths.', MAG, NOT_HERE],
  anchoredPrefix: [
    'A prefix that is anchored at another router.',
    'routers of distributed mobility',
    NOT_HERE,
  ],
  localPrefix: [
    'A prefix that is anchored at this router.',
    'routers of distributed mobility',
    NOT_HERE,
  ],
  previousMaar: [
    'Where the mobile node was, with its prefix.',
    'routers of distributed mobility',
    NOT_HERE,
  ],
  servingMaar: ['Where the mobile node is.', 'routers of distributed mobility', NOT_HERE],
  dlifLinkLocalAddress: [
    'The link-local address of a logical interface.',
    'routers of distributed mobility',
    NOT_HERE,
  ],
  dlifLinkLayerAddress: [
    'The link-layer address of a logical interface.',
    'routers of distributed mobility',
    NOT_HERE,
  ],
};

/** By message and letter. */
export const FLAG_TEXTS: Readonly<Record<string, readonly [meaning: string, advice?: string]>> = {
  'Binding Update A': ['Wants a Binding Acknowledgement. Always set in a home registration.'],
  'Binding Update H': [
    'A home registration: the receiver is to be the home agent.',
    'Status 131 or 139 answers it where that is not so.',
  ],
  'Binding Update L': [
    'The home address has the interface identifier of the link-local address, which the home agent then defends too.',
  ],
  'Binding Update K': [
    'The IKE security association can follow the mobile node to a new care-of address: keys need not be negotiated anew at a handover.',
    'Set it only where the IKE daemon of the mobile node can do that; the peer answers with K in its acknowledgement.',
  ],
  'Binding Update M': ['A registration with a mobility anchor point of hierarchical mobility.'],
  'Binding Update R': [
    'The sender is a mobile router: the prefixes of its network are bound as well.',
    'Status 140 to 143 answer it where they cannot be.',
  ],
  'Binding Update P': ['A proxy registration: a gateway speaks for the mobile node.'],
  'Binding Update F': [
    'Wants UDP encapsulation even where there is no NAT.',
    'A home agent that does not force it answers with status 144.',
  ],
  'Binding Update T': ['Wants the TLV header format in the tunnel.'],
  'Binding Update B': ['Updates all bindings of a group at once.'],
  'Binding Update S': ['Wants multicast signalling for this binding.'],
  'Binding Update D': ['From a router of distributed mobility management.'],
  'Binding Acknowledgement K': [
    'The peer keeps the IKE security association when the mobile node moves. Without it, the mobile node has to run IKE anew after a handover.',
    'Nothing. When K was asked for and is missing here, the IKE daemon of the home agent cannot do that.',
  ],
  'Binding Acknowledgement R': ['The home agent has bound the prefixes of the mobile router.'],
  'Binding Acknowledgement P': ['Answers a proxy registration.'],
  'Binding Acknowledgement T': ['The TLV header format is used.'],
  'Binding Acknowledgement B': ['Answers a bulk update.'],
  'Binding Acknowledgement S': ['Multicast signalling is used for this binding.'],
  'Binding Acknowledgement D': ['Answers a router of distributed mobility management.'],
};

export const ICMPV6_TEXTS: Readonly<Record<number, Text>> = {
  1: [
    'A packet could not be delivered; it is quoted.',
    'a router or the destination',
    'Look at the code and at what is quoted.',
  ],
  2: [
    'A packet was too big for a link; MTU says what fits.',
    'a router',
    'Let it through firewalls: tunnels depend on it.',
  ],
  3: [
    'A packet went through too many routers, or fragments of it were lost.',
    'a router or the destination',
    'Look for a routing loop.',
  ],
  4: [
    'A header of a packet could not be understood; the pointer says which octet. Code 1 with a Home Address option or Mobility Header quoted: the peer has no Mobile IPv6.',
    'a router or the destination',
    'A mobile node stops route optimization with that peer (RFC 6275 §11.3.5).',
  ],
  133: ['Asks for routers on the link: how a mobile node learns where it is.', 'a host'],
  134: [
    'A router with its prefixes. H: it is a home agent. R in a prefix: the prefix field holds its address.',
    'a router',
    'A mobile node that hears none has no IPv6 care-of address: look at the router.',
  ],
  135: ['Who has this address? From :: it asks whether the address is free (DAD).', 'any node'],
  136: [
    'I have this address. A home agent says so of home addresses that are away.',
    'any node; the home agent as a proxy',
  ],
  137: ['A better first hop for a destination.', 'a router'],
  144: [
    'Asks the home network for its home agents, at their anycast address.',
    MN,
    'Without an answer, see whether the home agent has Dynamic Home Agent Address Discovery turned on.',
  ],
  145: ['The home agents of the home network, the best one first.', HA],
  146: [
    'Asks for the prefixes of the home network.',
    MN,
    'It has to be protected by IPsec where the home agent wants that.',
  ],
  147: [
    'The prefixes of the home network, so that a mobile node away learns of renumbering.',
    HA,
    'Look whether the home address is still in one of them.',
  ],
};

export const EVENT_ADVICE: Readonly<Record<string, string>> = {
  ADDRESS_DUPLICATE: 'Find the other node with the address, or take another.',
  ADDRESS_DEFENDED:
    'Find the other node: its link-layer address is in the event. At its next claim within 10 s the address is given up.',
  BINDING_REFUSED: 'Look the status up: "mip6 explain STATUS".',
  BINDING_EXPIRED:
    'See whether Binding Updates leave ("mip6 trace") and whether the home agent answers.',
  BINDING_ERROR:
    'Status 1 heals itself by a new registration; 2 means that the peer lacks an extension.',
  CARE_OF_LOST:
    'Get a link with a router or a DHCP server: "mip6 status" says what each link lacks.',
  DHCP_NAK: 'Nothing: the client asks for another address.',
  DHCP_EXPIRED:
    'See whether the DHCP server is there: "mip6 dhcp discover" shows who offers anything.',
  DHCP_POOL_EMPTY: 'Make the pool larger or the leases shorter.',
  HA_DAD_FAILED: 'Find the node on the home link that has the home address.',
  HA_REFUSED: 'Look the status up: "mip6 explain STATUS".',
  LINK_GONE: 'The interface was removed: see what removed it.',
  UNPROTECTED: 'Anybody on the path can take over the home address: use IPsec outside of a lab.',
  DATAPATH_FAILED: 'Run "mip6 doctor": it looks at privileges and kernel features.',
  IPV4_HOME_REFUSED: 'Look the status up: "mip6 explain STATUS".',
};

/** Meaning, way out, clause. */
export const ERROR_TEXTS: Readonly<
  Record<string, readonly [meaning: string, advice: string, clause?: string]>
> = {
  WIRE_TRUNCATED: [
    'There are fewer octets than a length field or a fixed layout asks for.',
    'The capture was cut (a larger snap length helps), or the sender is broken.',
  ],
  WIRE_OPTION_LENGTH: [
    'An option has a length that its clause forbids.',
    'The sender is broken: the clause beside the error says what it should be.',
    'RFC 6275 §6.2',
  ],
  WIRE_HEADER_LENGTH: [
    'A header length is below the fixed layout or past the packet.',
    'The sender is broken, or the octets start somewhere else: try --as.',
    'RFC 6275 §9.2',
  ],
  WIRE_VERSION: [
    'The packet has not the IP version that was expected.',
    'Say what the octets are with --as.',
    'RFC 8200 §3',
  ],
  WIRE_CHECKSUM: [
    'A checksum does not verify.',
    'Packets captured at their sender often lack it (offload); else something changed them on the way.',
    'RFC 8200 §8.1',
  ],
  WIRE_PAYLOAD_PROTO: [
    'Payload Proto of a Mobility Header is not 59.',
    'The sender is broken: nothing may follow a Mobility Header.',
    'RFC 6275 §9.2',
  ],
  WIRE_MH_TYPE: [
    'The type of a Mobility Header is not known.',
    'The peer uses an extension that nobody here has.',
    'RFC 6275 §9.2',
  ],
  WIRE_HOP_LIMIT: [
    'A neighbour discovery message came with a hop limit that is not 255: from off the link.',
    'Look who sends it: it may be an attack.',
    'RFC 4861 §6.1',
  ],
  WIRE_VALUE: ['A field has a value that its clause forbids.', 'The sender is broken.'],
  WIRE_LIMIT: [
    'One of our own bounds was passed; the error names it.',
    'Such a packet does no good: look who sends it.',
  ],
  ENCODE_JSON: [
    'The input of "mip6 encode" is not JSON.',
    'Give what "mip6 decode --json" prints, or see docs/decode.md.',
  ],
  ENCODE_SHAPE: [
    'The JSON has no layers.',
    'Give an object with "layers", an array of layers, or one layer.',
  ],
  ENCODE_LAYER: ['There is no layer of that name.', 'The error lists the names.'],
  ENCODE_FIELD: [
    'A field has a value that it cannot hold, or a name that nobody reads.',
    'The error says where, what was expected and what came.',
  ],
  ENCODE_MISSING: [
    'A field is missing that cannot be computed.',
    'The error says which and what it wants.',
  ],
  ENCODE_ADDRESSES: [
    'A checksum is to be computed and there are no addresses to compute it over.',
    'Give the checksum, an IP layer around it, or "src" and "dst".',
  ],
  ENCODE_LIMIT: ['More than a length field can tell, or than is encoded.', 'Make it smaller.'],
  BATCH_JSON: ['A line of a batch is not JSON.', 'One JSON object a line: {"as":…,"hex":…}.'],
  BATCH_REQUEST: [
    'A line of a batch lacks something, or has a wrong value.',
    'The message says which field.',
  ],
  BATCH_LIMIT: ['A line of a batch is longer than is read.', 'Send less octets a line.'],
  DECODE_GUESS: ['Nobody can tell what the octets are.', 'Say it with --as.'],
  DECODE_INPUT: [
    'The input is neither hexadecimal nor a file.',
    'Two hexadecimal digits an octet; white space, colons and 0x are allowed.',
  ],
  CAPTURE_FORMAT: [
    'The file is neither pcap nor pcapng, or contradicts itself.',
    'Look at it with "file".',
  ],
  CAPTURE_GZIP: ['The gzip file is damaged.', 'Fetch it again.'],
  CAPTURE_LIMIT: ['The capture is larger than is read.', 'Cut it with editcap -c.'],
  CAPTURE_LINKTYPE: [
    'The link type of the capture is not opened here.',
    'Ethernet, Linux cooked v1 and v2, and raw IP are.',
  ],
  ADDRESS_SYNTAX: ['A text is no address.', 'IPv6 such as 2001:db8::1, IPv4 such as 192.0.2.1.'],
  NO_DAEMON: [
    'No daemon answers on the control socket.',
    'Start it: "mip6 daemon". --socket names another one.',
  ],
  NO_PERMISSION: [
    'The control socket, or the kernel, does not let you.',
    'Be root, or in the group of the socket.',
  ],
  NO_CAPABILITY: [
    'The process lacks a capability, mostly CAP_NET_ADMIN or CAP_NET_RAW.',
    'Run as root, or see "mip6 doctor".',
  ],
  TIMEOUT: ['The daemon did not answer in time.', 'See its log.'],
  DISCONNECTED: ['The daemon went away during the answer.', 'See its log.'],
  CONFIG: [
    'The configuration cannot be honoured.',
    '"mip6 config check FILE" says line by line why.',
  ],
  USAGE: ['The command was typed wrong.', 'Add --help to it.'],
  BAD_REQUEST: [
    'The daemon does not understand the request.',
    'Client and daemon may be of different versions: compare "mip6 --version".',
  ],
  ALREADY_RUNS: [
    'A daemon runs already on this host or socket.',
    'Stop that one first, or use another socket.',
  ],
  REFUSED: ['What was asked for was refused.', 'The message says by whom and why.'],
  NETLINK: ['The kernel refused a netlink request.', 'Run "mip6 doctor".'],
  NFT: ['The kernel refused a change of nftables.', 'Run "mip6 doctor": nf_tables may be missing.'],
  TUN: ['The TUN device could not be opened.', 'Load the tun module; see /dev/net/tun.'],
  PORT_IN_USE: ['UDP port 4191 is taken.', 'Another DSMIPv6 daemon runs: "ss -lunp sport = 4191".'],
};

export const OTHER_WORDS: readonly Meaning[] = [
  {
    kind: 'option',
    name: 'Home Address',
    what: 'IPv6 destination option, type 201, 16 octets',
    number: 201,
    meaning:
      'The home address of a mobile node that is away: receivers read it as if it were the source address.',
    sender: MN,
    advice: 'A node without a binding for it answers with Binding Error status 1.',
    clause: 'RFC 6275 §6.3',
  },
  {
    kind: 'term',
    name: 'Type 2 Routing Header',
    what: 'IPv6 routing header, type 2',
    number: 2,
    meaning:
      'The home address of the mobile node that a packet is for, when it goes straight to the care-of address.',
    sender: 'the home agent or correspondent node',
    advice: 'Firewalls that drop all routing headers break Mobile IPv6: let type 2 pass.',
    clause: 'RFC 6275 §6.4',
  },
  {
    kind: 'term',
    name: 'UDP port 4191',
    what: 'UDP port',
    number: 4191,
    meaning:
      'DSMIPv6: signalling and tunnel through IPv4 and NATs. The first four bits inside say whether IPv4 or IPv6 follows.',
    sender: 'the mobile node and home agent',
    advice: 'Open it towards the home agent.',
    clause: 'RFC 5555 §4.1',
  },
  {
    kind: 'term',
    name: 'home address',
    what: 'term',
    meaning: 'The address that a mobile node keeps wherever it is.',
    clause: 'RFC 6275 §3.2',
  },
  {
    kind: 'term',
    name: 'care-of address',
    what: 'term',
    meaning: 'The address that a mobile node has where it is now.',
    clause: 'RFC 6275 §3.2',
  },
  {
    kind: 'term',
    name: 'home agent',
    what: 'term',
    meaning:
      'The router on the home link that knows where the mobile node is, and sends its packets there.',
    clause: 'RFC 6275 §3.2',
  },
  {
    kind: 'term',
    name: 'correspondent node',
    what: 'term',
    meaning: 'Any node that a mobile node talks to.',
    clause: 'RFC 6275 §3.2',
  },
  {
    kind: 'term',
    name: 'return routability',
    what: 'term',
    meaning:
      'The four messages that prove to a correspondent node that home and care-of address are one node.',
    clause: 'RFC 6275 §5.2',
  },
];

/** Short names, in the spelling that words are compared in. */
export const ABBREVIATIONS: Readonly<Record<string, string>> = {
  brr: 'bindingrefreshrequest',
  hoti: 'hometestinit',
  coti: 'careoftestinit',
  hot: 'hometest',
  cot: 'careoftest',
  bu: 'bindingupdate',
  back: 'bindingacknowledgement',
  ba: 'bindingacknowledgement',
  be: 'bindingerror',
  fbu: 'fastbindingupdate',
  fback: 'fastbindingacknowledgment',
  fna: 'fastneighboradvertisement',
  has: 'homeagentswitch',
  hb: 'heartbeat',
  hi: 'handoverinitiate',
  hack: 'handoveracknowledge',
  bri: 'bindingrevocation',
  bra: 'bindingrevocation',
  lri: 'localizedroutinginitiation',
  lra: 'localizedroutingacknowledgment',
  upn: 'updatenotification',
  upa: 'updatenotificationacknowledgement',
  rs: 'routersolicitation',
  ra: 'routeradvertisement',
  ns: 'neighborsolicitation',
  na: 'neighboradvertisement',
  mps: 'mobileprefixsolicitation',
  mpa: 'mobileprefixadvertisement',
  dhaad: 'homeagentaddressdiscoveryrequest',
  hao: 'homeaddress',
  rh2: 'type2routingheader',
  altcoa: 'alternatecareofaddress',
  acoa: 'alternatecareofaddress',
  brad: 'bindingrefreshadvice',
  mnp: 'mobilenetworkprefix',
  bid: 'bindingidentifier',
  mh: 'mobilityheader',
  coa: 'careofaddress',
  hoa: 'homeaddress',
  ha: 'homeagent',
  cn: 'correspondentnode',
  rr: 'returnroutability',
  dsmip: 'udpport4191',
  dsmipv6: 'udpport4191',
  ipv4ack: 'ipv4addressacknowledgement',
};
