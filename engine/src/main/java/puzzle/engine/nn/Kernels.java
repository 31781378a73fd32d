package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import puzzle.model.Precision;

/**
 * The decoder's arithmetic as one TorchScript module, called by function name.
 *
 * <p>Why not DJL's operators: a scalar operand of theirs lives in memory that Java may free before
 * the backward pass reads it (wrong gradients, silently), each crossing into native code costs
 * microseconds, and fused attention is out of their reach. A TorchScript function crosses once,
 * keeps its scalars native, and calls {@code scaled_dot_product_attention} with autograd. The
 * source is the resource {@code kernels.torchscript}; this class wraps it into the archive layout
 * that libtorch loads (a zip of the code and of a pickled, empty module).
 *
 * <p>The graph executor's optimiser is off: it specialises a function on its first calls, so that a
 * result could depend on how often the function ran before, and with it a resumed run on when it
 * was killed. Two shared modules, alike but for the arithmetic of products; safe from any thread.
 */
final class Kernels {

  private static final String HEADER =
      "class Kernels(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n";

  /** Protocol 2: an object of class __torch__.Kernels whose state is {training: true}. */
  private static final String MODULE_PICKLE =
      "\u0080\u0002c__torch__\nKernels\nq\u0000)\u0081}(X\u0008\u0000\u0000\u0000trainingq\u0001\u0088ubq\u0002.";

  /** Protocol 2: an empty tuple. */
  private static final String CONSTANTS_PICKLE = "\u0080\u0002).";

  private static final PtNDManager MANAGER = (PtNDManager) Tensors.root();
  private static final PtSymbolBlock SINGLE =
      load(Kernels.class, "products-fp32.torchscript", "kernels.torchscript");
  private static final PtSymbolBlock HALF =
      load(Kernels.class, "products-bf16.torchscript", "kernels.torchscript");
  private static final Map<String, NDArray> NAMES = new ConcurrentHashMap<>();

  private Kernels() {}

  /**
   * Calls one function. The result belongs to the manager of the first argument, and to the
   * caller's open scope. Products are fp32.
   */
  static NDArray call(String function, NDArray... arguments) {
    return call(Precision.FP32, function, arguments);
  }

  /** The same where the function's result is not of a type that Java knows. */
  static NDArray frozen(String function, NDArray... arguments) {
    return FrozenArray.of((PtNDArray) call(function, arguments));
  }

  /**
   * The same with products in a precision.
   *
   * @param precision BF16 or FP32
   */
  static NDArray call(Precision precision, String function, NDArray... arguments) {
    JniUtils.setGraphExecutorOptimize(false);
    NDList list = new NDList(arguments);
    list.add(NAMES.computeIfAbsent(function, Kernels::name));
    return IValueUtils.forward(precision == Precision.BF16 ? HALF : SINGLE, list, true).get(0);
  }

  /**
   * Another array over the same memory, for an argument that is a list: DJL makes one list of all
   * arguments that bear the same name.
   */
  static NDArray inList(String name, NDArray array) {
    PtNDArray alias = JniUtils.detachGradient((PtNDArray) array);
    alias.setName(name + "[]");
    return alias;
  }

  /** DJL takes the function's name from an array of that name, which it does not pass on. */
  private static NDArray name(String function) {
    NDArray array = Tensors.detached(MANAGER, () -> MANAGER.create(0f));
    array.setName("module_method:" + function);
    return array;
  }

  /** Loads the functions of resources as a module. */
  static PtSymbolBlock load(Class<?> beside, String... resources) {
    StringBuilder code = new StringBuilder(HEADER);
    for (String resource : resources) {
      try (InputStream source = beside.getResourceAsStream(resource)) {
        code.append(new String(source.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    JniUtils.setGraphExecutorOptimize(false);
    try (InputStream archive = new ByteArrayInputStream(archive(code.toString()))) {
      return JniUtils.loadModule(MANAGER, archive, false, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] archive(String code) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      put(zip, "kernels/data.pkl", MODULE_PICKLE.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "kernels/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
      put(zip, "kernels/constants.pkl", CONSTANTS_PICKLE.getBytes(StandardCharsets.ISO_8859_1));
      put(zip, "kernels/version", "10\n".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
