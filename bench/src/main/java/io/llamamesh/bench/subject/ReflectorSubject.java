package io.llamamesh.bench.subject;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Our reflector.
 *
 * @param child its process, which the caller closes
 * @param port where it listens
 */
public record ReflectorSubject(Child child, int port) {

  /** Starts one that limits nothing; on the wildcard address it answers for all. */
  public static ReflectorSubject start(BenchFolder workspace, String address)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(BenchFolder.program("agent"));
    command.addAll(List.of("reflector", "--bind", address, "--port", "0", "--max-pps", "1000000"));
    Child child = Child.start("reflector", command, Map.of(), workspace.folder());
    try {
      String port = child.await("reflector=\\[[^\\]]*?:(\\d+)[,\\]]", 20).group(1);
      return new ReflectorSubject(child, Integer.parseInt(port));
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }
}
