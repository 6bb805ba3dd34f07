package io.llamamesh.bench.subject;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Our reflector on all addresses, which counts what any collector sends to it: the same way for
 * ours and for others.
 */
public final class CountingReflector implements AutoCloseable {

  private final Child child;
  private final int port;
  private final ProgramApi api;

  private CountingReflector(Child child, int port, ProgramApi api) {
    this.child = child;
    this.port = port;
    this.api = api;
  }

  /** Starts one that limits nothing. */
  public static CountingReflector start(BenchFolder workspace)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(BenchFolder.program("agent"));
    command.addAll(List.of("reflector", "--bind", "0.0.0.0", "--port", "0", "--api-port", "0"));
    command.addAll(List.of("--max-pps", "1000000"));
    Child child = Child.start("counting-reflector", command, Map.of(), workspace.folder());
    try {
      String port = child.await("reflector=\\[[^\\]]*?:(\\d+)[,\\]]", 20).group(1);
      String api = child.await("api=\\[\\S*?:(\\d+)[,\\]]", 20).group(1);
      return new CountingReflector(
          child, Integer.parseInt(port), new ProgramApi(Integer.parseInt(api)));
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /** Probes that it sent back so far. */
  public long reflected() throws IOException, InterruptedException {
    return api.counter("llamamesh_reflector_datagrams_total{verdict=\"reflected\"");
  }

  @Override
  public void close() {
    child.close();
    api.close();
  }
}
