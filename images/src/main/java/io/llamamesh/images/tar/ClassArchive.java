package io.llamamesh.images.tar;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Makes the archive of an agent's classes, with which it starts in half the time: the agent is run
 * by the very JRE of its base image until it has measured something, and writes its classes down at
 * its end. Any other JRE would not take the archive, and start as without it.
 */
public final class ClassArchive {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(200);

  private ClassArchive() {}

  /** True when a program has one, and one for an architecture can be made on this machine. */
  public static boolean isPossible(Program program, String architecture) {
    String here = System.getProperty("os.arch").replace("x86_64", "amd64");
    return program.name().equals("agent")
        && System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")
        && here.replace("aarch64", "arm64").equals(architecture);
  }

  /**
   * Makes it.
   *
   * @param base the tar of the base image, as {@code docker save} writes it
   * @param created modification time of the program's files in the image
   * @param scratch an empty folder
   * @return where it is, in that folder
   * @throws IOException where the base has no JRE that runs here, or it makes no archive
   */
  public static Path make(Program program, Path base, Instant created, Path scratch)
      throws IOException, InterruptedException {
    BaseImage image = BaseImage.unpack(base, scratch.resolve("base"));
    Path root = scratch.resolve("root");
    String jre = image.javaHome();
    image.copy(jre, root);
    Path home = root.resolve(ImageTar.HOME.substring(1));
    install(program, home, created);
    run(program, home, root.resolve(jre), scratch);
    Path archive = home.resolve(program.name() + ".jsa");
    if (!Files.isRegularFile(archive)) {
      throw new IOException(
          "the base's JRE made none: " + Files.readString(scratch.resolve("log")).strip());
    }
    return archive;
  }

  /** As in the image, times included: an archive holds for the very files it was made with. */
  private static void install(Program program, Path home, Instant created) throws IOException {
    try (Stream<Path> files = Files.walk(program.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith(".jsa")) {
          Path to = home.resolve(program.folder().relativize(file).toString());
          Files.createDirectories(to.getParent());
          Files.copy(file, to);
          Files.setLastModifiedTime(to, FileTime.from(created));
        }
      }
    }
    if (!home.resolve("bin").resolve(program.name()).toFile().setExecutable(true)) {
      throw new IOException("no right to execute the program in " + home);
    }
  }

  private static void run(Program program, Path home, Path jre, Path scratch)
      throws IOException, InterruptedException {
    int probes;
    int api;
    try (DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      probes = udp.getLocalPort();
      api = tcp.getLocalPort();
    }
    Path config = Files.writeString(scratch.resolve("config.yaml"), config(probes));
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                home.resolve("bin").resolve(program.name()).toString(),
                "agent",
                "--bind=127.0.0.1",
                "--port=" + probes,
                "--api-port=" + api,
                "--config=" + config));
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("JAVA_HOME", jre.toString());
    environment.put("LLAMA_MESH_ARCHIVE", "write");
    Process agent =
        builder.redirectErrorStream(true).redirectOutput(scratch.resolve("log").toFile()).start();
    try {
      awaitResults(agent, new InetSocketAddress(InetAddress.getLoopbackAddress(), api), scratch);
      agent.destroy();
      if (!agent.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("the agent does not end");
      }
    } finally {
      agent.destroyForcibly();
    }
  }

  /** It probes itself: every class that measures, sums up and reports is used. */
  private static String config(int probes) {
    return """
    summarization: {interval: 1}
    ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 200}}
    port_groups: {default: [{port: default, count: 4}]}
    rate_limits: {default: {cps: 20.0}}
    tests: [{targets: default, port_group: default, rate_limit: default}]
    targets: {default: [{ip: 127.0.0.1, port: %d, tags: {}}]}
    """
        .formatted(probes);
  }

  private static void awaitResults(Process agent, InetSocketAddress api, Path scratch)
      throws IOException, InterruptedException {
    HttpClient http = HttpClient.newHttpClient();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      if (!agent.isAlive()) {
        throw new IOException(
            "the base's JRE does not run it here: "
                + Files.readString(scratch.resolve("log")).strip());
      }
      if (get(http, api, "/influxdata").contains("raw_stats")
          && get(http, api, "/metrics").contains("llamamesh_")) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
    throw new IOException("the agent measures nothing here");
  }

  /** Empty while it does not answer. */
  private static String get(HttpClient http, InetSocketAddress api, String path)
      throws InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + api.getPort() + path);
    try {
      return http.send(
              HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return "";
    }
  }
}
