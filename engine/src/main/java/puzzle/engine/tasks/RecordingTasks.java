package puzzle.engine.tasks;

import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.PackedSequences.Watch;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.recording.CorpusSplits;
import puzzle.engine.recording.Recorder;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.RecordingBytes;
import puzzle.engine.score.Benchmark;
import puzzle.engine.score.Benchmarks;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/** Tasks that run the parent over the corpus. */
record RecordingTasks(DeviceCache open) {

  TaskResult tokenize(RunSpec spec, Monitor monitor) {
    Watch watch = (bytes, total) -> monitor.step(bytes, total, Double.NaN);
    return new TaskResult.PartMade(Recorder.tokens(open.store(spec), splits(spec, watch)));
  }

  TaskResult part(RunSpec spec, Task.Record whole, Part part, Monitor monitor) {
    return new TaskResult.PartMade(recorder(spec).part(whole.tokens(), part, monitor));
  }

  TaskResult record(RunSpec spec, Task.Record task, Monitor monitor) {
    return task.parts().isEmpty()
        ? recorder(spec).run(splits(spec, (bytes, total) -> monitor.alive()), 1, monitor)
        : Recorder.join(open.store(spec), open.config(spec), task.parts());
  }

  private Map<Split, Sequences> splits(RunSpec spec, Watch watch) {
    Map<Split, Sequences> tokens = CorpusSplits.read(spec, open.config(spec).vocabSize(), watch);
    Benchmark benchmark = open.benchmark(spec);
    if (benchmark != null) {
      int length = spec.corpus().sequenceTokens() + 1;
      tokens.put(
          Split.BENCHMARK,
          Sequences.of(Benchmarks.padded(benchmark, length, open.config(spec).vocabSize())));
    }
    return tokens;
  }

  private Recorder recorder(RunSpec spec) {
    Decoder parent = open.parent(spec);
    return new Recorder(
        open.store(spec),
        parent,
        spec.scoring().batch(),
        spec.bld().safeguards().tapeBytes(),
        RecordingBytes.type(parent.precision()));
  }
}
