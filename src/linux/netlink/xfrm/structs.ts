/** The structures of linux/xfrm.h, as 64-bit kernels lay them out. Names are the header's. */
import { be16, be32, octets, struct, u16, u32, u64, u8 } from './layout.js';

/** `xfrm_address_t`: an IPv4 address is the first four octets. */
export const ADDRESS = octets(16);

export const XFRM_ID = struct('xfrm_id', 24, {
  daddr: [0, ADDRESS],
  spi: [16, be32],
  proto: [20, u8],
});

export const XFRM_SELECTOR = struct('xfrm_selector', 56, {
  daddr: [0, ADDRESS],
  saddr: [16, ADDRESS],
  dport: [32, be16],
  dport_mask: [34, be16],
  sport: [36, be16],
  sport_mask: [38, be16],
  family: [40, u16],
  prefixlen_d: [42, u8],
  prefixlen_s: [43, u8],
  proto: [44, u8],
  ifindex: [48, u32],
  user: [52, u32],
});

export const XFRM_LIFETIME_CFG = struct('xfrm_lifetime_cfg', 64, {
  soft_byte_limit: [0, u64],
  hard_byte_limit: [8, u64],
  soft_packet_limit: [16, u64],
  hard_packet_limit: [24, u64],
  soft_add_expires_seconds: [32, u64],
  hard_add_expires_seconds: [40, u64],
  soft_use_expires_seconds: [48, u64],
  hard_use_expires_seconds: [56, u64],
});

export const XFRM_LIFETIME_CUR = struct('xfrm_lifetime_cur', 32, {
  bytes: [0, u64],
  packets: [8, u64],
  add_time: [16, u64],
  use_time: [24, u64],
});

export const XFRM_STATS = struct('xfrm_stats', 12, {
  replay_window: [0, u32],
  replay: [4, u32],
  integrity_failed: [8, u32],
});

export const XFRM_USERSA_INFO = struct('xfrm_usersa_info', 224, {
  sel: [0, XFRM_SELECTOR],
  id: [56, XFRM_ID],
  saddr: [80, ADDRESS],
  lft: [96, XFRM_LIFETIME_CFG],
  curlft: [160, XFRM_LIFETIME_CUR],
  stats: [192, XFRM_STATS],
  seq: [204, u32],
  reqid: [208, u32],
  family: [212, u16],
  mode: [214, u8],
  replay_window: [215, u8],
  flags: [216, u8],
});

export const XFRM_USERSA_ID = struct('xfrm_usersa_id', 24, {
  daddr: [0, ADDRESS],
  spi: [16, be32],
  family: [20, u16],
  proto: [22, u8],
});

export const XFRM_USERSPI_INFO = struct('xfrm_userspi_info', 232, {
  info: [0, XFRM_USERSA_INFO],
  min: [224, u32],
  max: [228, u32],
});

export const XFRM_USERPOLICY_INFO = struct('xfrm_userpolicy_info', 168, {
  sel: [0, XFRM_SELECTOR],
  lft: [56, XFRM_LIFETIME_CFG],
  curlft: [120, XFRM_LIFETIME_CUR],
  priority: [152, u32],
  index: [156, u32],
  dir: [160, u8],
  action: [161, u8],
  flags: [162, u8],
  share: [163, u8],
});

export const XFRM_USERPOLICY_ID = struct('xfrm_userpolicy_id', 64, {
  sel: [0, XFRM_SELECTOR],
  index: [56, u32],
  dir: [60, u8],
});

export const XFRM_USERPOLICY_TYPE = struct('xfrm_userpolicy_type', 6, {
  type: [0, u8],
});

export const XFRM_USER_TMPL = struct('xfrm_user_tmpl', 64, {
  id: [0, XFRM_ID],
  family: [24, u16],
  saddr: [28, ADDRESS],
  reqid: [44, u32],
  mode: [48, u8],
  share: [49, u8],
  optional: [50, u8],
  aalgos: [52, u32],
  ealgos: [56, u32],
  calgos: [60, u32],
});

export const XFRM_ENCAP_TMPL = struct('xfrm_encap_tmpl', 24, {
  encap_type: [0, u16],
  encap_sport: [2, be16],
  encap_dport: [4, be16],
  encap_oa: [8, ADDRESS],
});

/** The key follows, in as many octets as its bits need. */
export const XFRM_ALGO = struct('xfrm_algo', 68, {
  alg_name: [0, octets(64)],
  alg_key_len: [64, u32],
});

export const XFRM_ALGO_AUTH = struct('xfrm_algo_auth', 72, {
  alg_name: [0, octets(64)],
  alg_key_len: [64, u32],
  alg_trunc_len: [68, u32],
});

export const XFRM_ALGO_AEAD = struct('xfrm_algo_aead', 72, {
  alg_name: [0, octets(64)],
  alg_key_len: [64, u32],
  alg_icv_len: [68, u32],
});

export const XFRM_REPLAY_STATE = struct('xfrm_replay_state', 12, {
  oseq: [0, u32],
  seq: [4, u32],
  bitmap: [8, u32],
});

/** `bmp_len` words of bitmap follow. */
export const XFRM_REPLAY_STATE_ESN = struct('xfrm_replay_state_esn', 24, {
  bmp_len: [0, u32],
  oseq: [4, u32],
  seq: [8, u32],
  oseq_hi: [12, u32],
  seq_hi: [16, u32],
  replay_window: [20, u32],
});

export const XFRM_MARK = struct('xfrm_mark', 8, { v: [0, u32], m: [4, u32] });

export const XFRM_USER_OFFLOAD = struct('xfrm_user_offload', 8, {
  ifindex: [0, u32],
  flags: [4, u8],
});

export const XFRM_USER_ACQUIRE = struct('xfrm_user_acquire', 280, {
  id: [0, XFRM_ID],
  saddr: [24, ADDRESS],
  sel: [40, XFRM_SELECTOR],
  policy: [96, XFRM_USERPOLICY_INFO],
  aalgos: [264, u32],
  ealgos: [268, u32],
  calgos: [272, u32],
  seq: [276, u32],
});

export const XFRM_USER_EXPIRE = struct('xfrm_user_expire', 232, {
  state: [0, XFRM_USERSA_INFO],
  hard: [224, u8],
});

export const XFRM_USER_POLEXPIRE = struct('xfrm_user_polexpire', 176, {
  pol: [0, XFRM_USERPOLICY_INFO],
  hard: [168, u8],
});

export const XFRM_USERSA_FLUSH = struct('xfrm_usersa_flush', 1, { proto: [0, u8] });

export const XFRM_USER_REPORT = struct('xfrm_user_report', 60, {
  proto: [0, u8],
  sel: [4, XFRM_SELECTOR],
});

export const XFRM_USER_KMADDRESS = struct('xfrm_user_kmaddress', 40, {
  local: [0, ADDRESS],
  remote: [16, ADDRESS],
  family: [36, u16],
});

export const XFRM_USER_MIGRATE = struct('xfrm_user_migrate', 76, {
  old_daddr: [0, ADDRESS],
  old_saddr: [16, ADDRESS],
  new_daddr: [32, ADDRESS],
  new_saddr: [48, ADDRESS],
  proto: [64, u8],
  mode: [65, u8],
  reqid: [68, u32],
  old_family: [72, u16],
  new_family: [74, u16],
});

export const XFRM_USER_MAPPING = struct('xfrm_user_mapping', 64, {
  id: [0, XFRM_USERSA_ID],
  reqid: [24, u32],
  old_saddr: [28, ADDRESS],
  new_saddr: [44, ADDRESS],
  old_sport: [60, be16],
  new_sport: [62, be16],
});

export const XFRMU_SADHINFO = struct('xfrmu_sadhinfo', 8, {
  sadhcnt: [0, u32],
  sadhmcnt: [4, u32],
});

export const XFRMU_SPDINFO = struct('xfrmu_spdinfo', 24, {
  incnt: [0, u32],
  outcnt: [4, u32],
  fwdcnt: [8, u32],
  inscnt: [12, u32],
  outscnt: [16, u32],
  fwdscnt: [20, u32],
});

export const XFRMU_SPDHINFO = struct('xfrmu_spdhinfo', 8, {
  spdhcnt: [0, u32],
  spdhmcnt: [4, u32],
});

export const XFRMU_SPDHTHRESH = struct('xfrmu_spdhthresh', 2, { lbits: [0, u8], rbits: [1, u8] });
