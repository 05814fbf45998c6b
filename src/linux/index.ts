/** The Linux adapter: what programs and labs use of it. */
export { Capture, type CapturedFrame, type CaptureOptions } from './capture.js';
export { capabilities, type Capability, type CapabilityName } from './capabilities.js';
export { LinuxError, type LinuxErrorCode } from './error.js';
export type { SendFailure } from './failures.js';
export { LinuxWorld, type LinuxWorldOptions } from './linux-world.js';
export { native, type NetNamespace } from './native.js';
