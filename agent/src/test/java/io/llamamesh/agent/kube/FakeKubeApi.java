package io.llamamesh.agent.kube;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server of bare TCP whose reaction to each request is scripted, including what no server may do.
 */
final class FakeKubeApi implements AutoCloseable {

  /** Reaction to one request. */
  interface Step {
    /** False: the connection serves no further request. */
    boolean take(Socket connection, OutputStream out) throws IOException, InterruptedException;
  }

  /** A request line and when it arrived. */
  record Asked(String line, long nanos) {}

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Step> steps = new ConcurrentLinkedQueue<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile @Nullable Step otherwise;

  FakeKubeApi() throws IOException {
    threads.execute(this::accept);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  List<Asked> asked() {
    return asked;
  }

  FakeKubeApi then(Step step) {
    steps.add(step);
    return this;
  }

  /** Sets the reaction to all further requests, which otherwise get no answer. */
  FakeKubeApi always(Step step) {
    otherwise = step;
    return this;
  }

  /** A whole answer. */
  static Step answer(String status, String headers, String body) {
    return (connection, out) -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      write(out, "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + bytes.length);
      write(out, "\r\n\r\n" + body);
      return true;
    };
  }

  static Step json(String body) {
    return answer("200 OK", "Content-Type: application/json\r\n", body);
  }

  /** The head of an answer and its beginning, then silence without an end. */
  Step halfOpen(String body) {
    return (connection, out) -> {
      write(out, head() + chunk(body));
      end.await();
      return false;
    };
  }

  /** An answer without an end that goes on with blanks. */
  Step dribbling() {
    return (connection, out) -> {
      write(out, head());
      while (!end.await(20, TimeUnit.MILLISECONDS)) {
        write(out, chunk("\n"));
      }
      return false;
    };
  }

  /** No answer at all. */
  Step silent() {
    return (connection, out) -> {
      end.await();
      return false;
    };
  }

  static Step reset() {
    return (connection, out) -> {
      connection.setSoLinger(true, 0);
      return false;
    };
  }

  private static String head() {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  private static String chunk(String body) {
    return body.isEmpty() ? "" : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n";
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = server.accept();
        threads.execute(() -> serve(connection));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
      OutputStream out = connection.getOutputStream();
      boolean more = true;
      String first = in.readLine();
      while (more && first != null) {
        String line = first;
        while (line != null && !line.isEmpty()) {
          line = in.readLine();
        }
        asked.add(new Asked(first, System.nanoTime()));
        Step step = steps.poll();
        Step next = step != null ? step : otherwise != null ? otherwise : silent();
        more = next.take(connection, out);
        first = more ? in.readLine() : null;
      }
    } catch (IOException e) {
      // the client is gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    end.countDown();
    server.close();
    threads.shutdownNow();
    threads.close();
  }
}
