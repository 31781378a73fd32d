package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class MicroBatchTest {

  private static final Workload WORKLOAD = new Workload(4, 64, 16, DType.FP32, DType.FP32, 1);

  private final RunSpec spec =
      RunSpec.of(
          s -> {
            s.id = new RunId("example");
            s.parent = "parent";
            s.store = "/store";
            s.corpus = RunSpec.Corpus.of("classpath:text", 0.1, 128);
            s.space = SearchSpace.standard(8, 640, 1);
            s.target = new Target("local", List.of(new Target.Goal(WORKLOAD, List.of())));
            s.bld =
                s.bld.with(
                    b -> {
                      b.batch = 4;
                      b.safeguards = RunSpec.Safeguards.NONE;
                    });
            s.scoring = s.scoring.with(c -> c.batch = 5);
            s.gkd =
                s.gkd.with(
                    g -> {
                      g.batch = 12;
                      g.shards = 2;
                    });
          });

  private final Task bld = new Task.Bld(0, spec.space().ffn().get(1), null);
  private final Task score =
      new Task.ScoreBlock(0, spec.space().blocks().get(1), false, null, null);

  @Test
  void passesAreHalvedDownToOneSequence() {
    assertEquals(2, MicroBatch.halvings(spec, bld), "4, 2, 1");
    assertEquals(3, MicroBatch.halvings(spec, score), "5, 3, 2, 1");
    assertEquals(3, MicroBatch.halved(spec, 1).scoring().batch());
    assertEquals(1, MicroBatch.halved(spec, 3).scoring().batch());
    assertEquals(1, MicroBatch.halved(spec, 9).scoring().batch());
  }

  @Test
  void trainingIsHalvedTooAndItsBatchStaysAsItWas() {
    RunSpec halved = MicroBatch.halved(spec, 1);
    assertEquals(2, halved.bld().safeguards().microBatch());
    assertEquals(3, halved.gkd().microBatch(), "a shard takes 6 sequences a step");
    assertEquals(spec.bld().batch(), halved.bld().batch());
    assertEquals(spec.gkd().batch(), halved.gkd().batch());
    assertEquals(spec, MicroBatch.halved(spec, 0));
  }

  @Test
  void whatHasNoBatchCannotBeHalved() {
    assertEquals(0, MicroBatch.halvings(spec, new Task.Export(null, null, null)));
  }
}
