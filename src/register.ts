import { register } from './runtime/register.js';

register();
