package io.llamamesh.e2e.cluster;

import io.llamamesh.e2e.machine.Subprocess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Logs, objects and a picture of the page of a cluster on which a row failed. */
public final class Diagnostics {
  /** File that a row itself writes into its folder. */
  public static final String RECORD = "verdicts.log";

  private static final Duration PICTURE_WITHIN = Duration.ofMinutes(1);
  private static final Map<String, List<String>> QUESTIONS =
      Map.of(
          "objects.txt",
          List.of("get", "nodes,all,configmaps,leases,networkpolicies,pdb", "-A", "-o", "wide"),
          "meshes.yaml",
          List.of("get", "llamameshes", "-A", "-o", "yaml"),
          "meshes.txt",
          List.of("describe", "llamameshes", "-A"),
          "pods.txt",
          List.of("describe", "pods", "-A"),
          "nodes.txt",
          List.of("describe", "nodes"),
          "events.txt",
          List.of("get", "events", "-A", "--sort-by=.lastTimestamp"));

  private Diagnostics() {}

  /**
   * Writes logs, objects and a picture of the page into a folder, in place of all that is there but
   * {@link #RECORD}; what cannot be had is missing.
   */
  public static void collect(Cluster cluster, Mesh mesh, Path folder)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Subprocess.run(
        "find",
        folder.toString(),
        "-mindepth",
        "1",
        "-maxdepth",
        "1",
        "!",
        "-name",
        RECORD,
        "-exec",
        "rm",
        "-rf",
        "{}",
        "+");
    for (Map.Entry<String, List<String>> question : QUESTIONS.entrySet()) {
      String answer;
      try {
        answer = cluster.kubectl(question.getValue().toArray(new String[0]));
      } catch (IOException e) {
        answer = String.valueOf(e.getMessage());
      }
      Files.writeString(folder.resolve(question.getKey()), answer);
    }
    for (Map.Entry<String, Path> log : cluster.logs().entrySet()) {
      if (Files.exists(log.getValue())) {
        Subprocess.run(
            "cp", "-r", log.getValue().toString(), folder.resolve(log.getKey()).toString());
      }
    }
    Path chromium = Path.of("/usr/bin/chromium");
    try {
      var page = mesh.page();
      if (page.isPresent() && Files.isExecutable(chromium)) {
        Subprocess.run(
            PICTURE_WITHIN,
            List.of(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=1400,1000",
                "--virtual-time-budget=5000",
                "--screenshot=" + folder.resolve("page.png"),
                page.get()));
      }
    } catch (IOException | RuntimeException e) {
      Files.writeString(folder.resolve("page.txt"), "no picture of the page: " + e);
    }
  }
}
