import { umlGuest } from '../../src/lab/guest/uml.js';
import { runInside, tellInside } from './inside.js';

tellInside('under user-mode-linux', await runInside(umlGuest));
