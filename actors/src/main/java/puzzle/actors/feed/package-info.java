/**
 * Facts and progress on their way to onlookers; loses nothing that the next fact would not tell.
 */
package puzzle.actors.feed;
