package puzzle.engine.gkd;

import java.util.Arrays;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.nn.HeadChunks;
import puzzle.model.Block;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;

/**
 * What a global distillation takes: of memory besides the parent's weights, and of the disk for
 * what is mapped. Bytes.
 */
public final class GkdMemory {

  /** Parameters, gradients and two moments. */
  private static final int COPIES = 4;

  /** States between layers that wait in memory for the way back. */
  private static final long WAITING = 1L << 30;

  /** Logits of child and parent, their logarithms, and what their gradients go through. */
  private static final int LOGITS_AT_ONCE = 8;

  private GkdMemory() {}

  /** With all in memory. */
  public static long whole(DecoderConfig child, RunSpec.Gkd settings, int sequenceTokens) {
    long tokens = tokens(child, settings, sequenceTokens);
    long graphs = 0;
    for (Block block : child.architecture().blocks()) {
      graphs += graph(child, block);
    }
    return mapped(child)
        + tokens * (graphs + between(child, settings))
        + largestLayer(child)
        + logits(child, tokens);
  }

  /**
   * With parameters, gradients and moments in mapped files, and a layer's graph at a time; what the
   * system keeps of the files is not counted.
   */
  public static long layerByLayer(DecoderConfig child, RunSpec.Gkd settings, int sequenceTokens) {
    long tokens = tokens(child, settings, sequenceTokens);
    long graph = 0;
    for (Block block : child.architecture().blocks()) {
      graph = Math.max(graph, graph(child, block));
    }
    long step = (long) settings.batch() / settings.shards() * sequenceTokens;
    long waiting = Math.max(tokens * between(child, settings), WAITING);
    return Math.min(step * between(child, settings), waiting)
        + tokens * graph
        + largestLayer(child)
        + logits(child, tokens);
  }

  /** Of the disk: parameters, gradients and moments. */
  public static long mapped(DecoderConfig child) {
    long rows = child.tiedEmbeddings() ? (long) child.vocabSize() * child.hiddenSize() : 0;
    return Float.BYTES * (COPIES * child.params() + rows);
  }

  /** Micro-batches that go through the layers together. */
  static int together(DecoderConfig child, RunSpec.Gkd settings, int sequenceTokens) {
    long batch = tokens(child, settings, sequenceTokens) * between(child, settings);
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, WAITING / batch));
  }

  private static long tokens(DecoderConfig child, RunSpec.Gkd settings, int sequenceTokens) {
    return (long) settings.passSequences() * sequenceTokens;
  }

  /** States of a token that wait: the child's before each layer, and the parent's. */
  private static long between(DecoderConfig child, RunSpec.Gkd settings) {
    int models = settings.losses().contains(RunSpec.Gkd.Loss.COSINE) ? 2 : 1;
    return (long) Float.BYTES * models * (child.layers() + 1) * child.hiddenSize();
  }

  /**
   * What a layer keeps of a token for the way back, and as much again while it goes: norms and
   * residuals of the hidden size, and what passes through heads and FFN.
   */
  private static long graph(DecoderConfig child, Block block) {
    long hidden = child.hiddenSize();
    long floats = 0;
    if (!block.attention().isNoOp()) {
      floats += 3 * hidden + 6L * child.heads() * child.headSize();
    }
    if (!block.ffn().isNoOp()) {
      long width =
          TensorLayout.of(child, block.ffn()).values().stream()
              .flatMapToLong(spec -> Arrays.stream(spec.shape()))
              .max()
              .orElse(0);
      floats += 3 * hidden + 4 * width;
    }
    return Float.BYTES * floats;
  }

  /** Gradients of a layer, before they are added. */
  private static long largestLayer(DecoderConfig child) {
    long largest = 0;
    for (Block block : child.architecture().blocks()) {
      long elements = 0;
      for (Subblock subblock : Subblock.values()) {
        elements +=
            TensorLayout.of(child, block.get(subblock)).values().stream()
                .mapToLong(spec -> spec.elements())
                .sum();
      }
      largest = Math.max(largest, elements);
    }
    return Float.BYTES * largest;
  }

  private static long logits(DecoderConfig child, long tokens) {
    return LOGITS_AT_ONCE * HeadChunks.bytes(child.vocabSize(), tokens);
  }
}
