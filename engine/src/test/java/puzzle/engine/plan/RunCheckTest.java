package puzzle.engine.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.data.TokenizerFile;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.InvalidInputException;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec;

class RunCheckTest {

  @TempDir Path folder;
  private RunSpec spec;
  private DecoderConfig model;

  @BeforeEach
  void aRun() throws IOException {
    spec = SmallRun.in(folder);
    model = HuggingFaceConfig.read(Path.of(spec.parent()));
  }

  private void refused(String what, Consumer<RunDraft> change) {
    RunSpec asked = spec.with(change);
    String said =
        assertThrows(InvalidInputException.class, () -> RunCheck.require(asked, model))
            .getMessage();
    assertTrue(said.contains(what), said);
    assertTrue(said.lines().toList().get(1).startsWith("Maybe "), said);
  }

  @Test
  void aSoundRunPasses() {
    assertDoesNotThrow(() -> RunCheck.require(spec, model));
  }

  @Test
  void sequencesLongerThanThePositionsAreRefusedWithTheMost() {
    refused(
        "the parent has %d positions.%nMaybe corpus.sequenceTokens: %d."
            .formatted(model.maxPositions(), model.maxPositions()),
        s -> s.corpus = s.corpus.with(c -> c.sequenceTokens = model.maxPositions() + 1));
  }

  @Test
  void aTokenizerOfAnotherModelIsRefused() throws IOException {
    Files.writeString(
        Path.of(spec.parent(), "tokenizer.json"),
        "{\"added_tokens\": [{\"id\": 70000, \"content\": \"<x>\"}],"
            + " \"model\": {\"vocab\": {\"a\": 0, \"b\": 1}}}");
    refused("tokenizer.json: has a token 70000, the parent has tokens 0 to ", s -> {});
  }

  @Test
  void anEndOfTextThatTheParentDoesNotHaveIsRefused() throws IOException {
    Path file = Path.of(spec.parent(), "config.json");
    Files.writeString(
        file,
        Files.readString(file)
            .replaceFirst("\"eos_token_id\" : [^,]*", "\"eos_token_id\" : 100000"));
    refused("/eos_token_id: 100000 is beyond the vocabulary of ", s -> {});
  }

  @Test
  void aPassOfMoreThanABufferIsRefusedWithTheMost() {
    int most = (int) (Integer.MAX_VALUE / 4 / (24L * model.hiddenSize()));
    refused(
        "scoring.batch: the states of 100000000 sequences in one pass are over 2 GiB.%nMaybe scoring.batch: %d."
            .formatted(most),
        s -> s.scoring = s.scoring.with(x -> x.batch = 100_000_000));
  }

  @Test
  void promptsThatDoNotFitIntoASequenceAreRefused() throws IOException {
    Path prompts =
        Files.writeString(
            folder.resolve("prompts.jsonl"),
            "{\"prompt\": \"" + "word ".repeat(40) + "\", \"answer\": \"x\"}\n");
    refused(
        "prompts.jsonl", s -> s.scoring = s.scoring.with(x -> x.benchmark = prompts.toString()));
  }

  @Test
  void theLargestTokenIsFoundInAListToo() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("unigram.json"), "{\"model\": {\"vocab\": [[\"a\", 0.5], [\"b\", 1]]}}");
    assertEquals(1, TokenizerFile.largestId(file));
  }

  @Test
  void valuesForToysAreNamedOnARealParentAndNotOnAToy() {
    assertEquals(List.of(), new Advice(spec, model).all());
    DecoderConfig real = HuggingFaceConfig.read(Path.of("../examples/llama-70b/parent"));
    String said = String.join("\n", new Advice(spec, real).all());
    assertTrue(said.contains("bld.learningRate: 0.003 is for toys"), said);
    assertTrue(said.contains("gkd.learningRate: 0.003 is for toys"), said);
    assertTrue(said.contains("corpus.sequenceTokens: 24 is for toys"), said);
  }
}
