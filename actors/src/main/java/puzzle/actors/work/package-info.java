/**
 * What every owner of tasks shares, be it a run, a block or a distillation: offers, leases, retries
 * and the fencing of late results. Plain classes; time is given to them.
 */
package puzzle.actors.work;
