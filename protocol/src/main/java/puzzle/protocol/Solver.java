package puzzle.protocol;

import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import puzzle.model.RunSpec;
import puzzle.model.ScoredBlock;
import puzzle.model.TaskResult;

/** One run's solver; its entity id is the run's id. */
public interface Solver {

  /** What a solver is told. */
  sealed interface Command permits Open, Offer, Shortlist, Conclude, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /**
   * The problem: its costs are known, scores will arrive. Doing it twice changes nothing.
   *
   * @param costs how many costs other systems have delivered; they are part of the profiles
   */
  record Open(RunSpec spec, int layers, List<TaskResult.Profiled> profiles, int costs)
      implements Command, Wire {
    public Open {
      profiles = List.copyOf(profiles);
    }
  }

  /**
   * Scores of one layer, on record; those already known change nothing.
   *
   * @param question {@link Layer.OfferScores#question} this is all the layer could tell then; 0
   *     where it was not asked
   */
  record Offer(int layer, List<ScoredBlock> scores, long question) implements Command, Wire {
    public Offer {
      scores = List.copyOf(scores);
    }

    /** What a layer tells unasked. */
    public Offer(int layer, List<ScoredBlock> scores) {
      this(layer, scores, 0);
    }
  }

  /**
   * Asks which blocks good solutions on the complete table use.
   *
   * @param measured how many scores each layer has
   * @param keep blocks per layer, at most
   */
  record Shortlist(List<Integer> measured, int keep) implements Command, Wire {
    public Shortlist {
      measured = List.copyOf(measured);
    }
  }

  /**
   * Asks for the answer on the complete table.
   *
   * @param measured how many scores each layer has
   */
  record Conclude(List<Integer> measured) implements Command, Wire {
    public Conclude {
      measured = List.copyOf(measured);
    }
  }
}
