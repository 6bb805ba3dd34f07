package io.llamamesh.bench.operator;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operator as it is shipped, in a process of its own. */
final class OperatorProcess implements AutoCloseable {
  private static final long START_SECONDS = 120;
  private static final Pattern USED = Pattern.compile("total\\s+\\d+K, used (\\d+)K");

  private final Child child;
  private final int port;

  private OperatorProcess(Child child, int port) {
    this.child = child;
    this.port = port;
  }

  /** Starts it; returns once it watches everything. */
  static OperatorProcess start(BenchFolder workspace, String kubeconfig)
      throws IOException, InterruptedException {
    Path file = workspace.folder().resolve("kubeconfig");
    Files.writeString(file, kubeconfig);
    List<String> command = new ArrayList<>(BenchFolder.program("operator"));
    command.addAll(List.of("operator", "--health-port=0"));
    Child child =
        Child.start("operator", command, Map.of("KUBECONFIG", file.toString()), workspace.folder());
    try {
      String port = child.await("operator starting.*healthPort=(\\d+)", START_SECONDS).group(1);
      child.await("operator started ", START_SECONDS);
      return new OperatorProcess(child, Integer.parseInt(port));
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  long pid() {
    return child.pid();
  }

  /** A sample of its {@code /metrics}. */
  double metric(String name) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
            .timeout(Duration.ofSeconds(10))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      String metrics = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      Matcher line =
          Pattern.compile("(?m)^" + Pattern.quote(name) + "(?:\\{[^}]*})? (\\S+)$")
              .matcher(metrics);
      if (!line.find()) {
        throw new IOException("the operator has no metric " + name);
      }
      return Double.parseDouble(line.group(1));
    }
  }

  /** The content of its heap after a full collection. */
  double heapMebibytes() throws IOException, InterruptedException {
    jcmd("GC.run");
    Matcher used = USED.matcher(jcmd("GC.heap_info"));
    double kibibytes = 0;
    while (used.find()) {
      kibibytes += Double.parseDouble(used.group(1));
    }
    if (kibibytes == 0) {
      throw new IOException("jcmd tells nothing of the operator's heap");
    }
    return kibibytes / 1024;
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(child.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("jcmd " + command + " failed: " + output.strip());
      }
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    child.close();
  }
}
