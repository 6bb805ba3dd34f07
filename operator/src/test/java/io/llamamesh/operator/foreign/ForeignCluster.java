package io.llamamesh.operator.foreign;

import io.llamamesh.apiserver.StandInApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A stand-in API server with controllers in a process of its own, so that the integration tests can
 * be run against a server that is not theirs: {@code ForeignCluster FILE} writes a kubeconfig and
 * ends with its standard input. Then
 *
 * <pre>KUBECONFIG=FILE mvn -pl operator -am verify</pre>
 */
public final class ForeignCluster {
  private static final Duration ROUND = Duration.ofMillis(100);

  private ForeignCluster() {}

  /** Runs it; the argument is where the kubeconfig goes. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (StandInApiServer api = StandInApiServer.start();
        PlayedControllers controllers = PlayedControllers.start(api.client("controllers"), ROUND)) {
      Files.writeString(Path.of(arguments[0]), api.kubeconfig("admin"));
      System.out.println("serving " + api.url() + " with " + controllers);
      while (System.in.read() >= 0) {
        // Until whoever started it goes.
      }
    }
  }
}
