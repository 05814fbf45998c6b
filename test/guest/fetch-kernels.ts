/** Fetches the kernels that tests boot in virtual machines; fails when one cannot be had. */
import {
  DEBIAN_KERNELS,
  debianKernel,
  type KernelName,
} from '../../src/lab/guest/debian-kernel.js';

async function main(): Promise<void> {
  for (const name of Object.keys(DEBIAN_KERNELS) as KernelName[]) {
    const { release } = await debianKernel(name, console.log);
    console.log(`kernel ${name}: ${release}`);
  }
}

void main();
