/** What the machine under this process has. Knows nothing of models. */
package puzzle.engine.machine;
