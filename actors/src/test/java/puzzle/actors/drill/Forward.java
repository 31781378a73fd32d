package puzzle.actors.drill;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Hands connections on to a port on loopback, which other networks cannot reach themselves. */
final class Forward implements Closeable {

  private final ServerSocket listening = new ServerSocket();
  private final int target;

  Forward(String host, int target) throws IOException {
    this.target = target;
    listening.bind(new InetSocketAddress(host, 0));
    daemon(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket near = listening.accept();
        try {
          Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
          daemon(() -> pump(near, far));
          daemon(() -> pump(far, near));
        } catch (IOException e) {
          near.close();
        }
      } catch (IOException e) {
        // One connection less, or the end.
      }
    }
  }

  /** When one side ends, so does the other. */
  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // Reset by either.
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "forward");
    thread.setDaemon(true);
    thread.start();
  }
}
