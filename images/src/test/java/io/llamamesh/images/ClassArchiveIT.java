package io.llamamesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import io.llamamesh.images.tar.ClassArchive;
import io.llamamesh.images.tar.ImageTar;
import io.llamamesh.images.tar.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent's image on a base with a JRE of its own, which is not the JDK that builds it. */
class ClassArchiveIT {
  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
  private static final String JRE = "opt/java/openjdk";
  private static final int HEADER = 8192;
  private static final Path JDK = Path.of(System.getProperty("java.home"));
  private static final String HERE =
      System.getProperty("os.arch").replace("aarch64", "arm64").replace("x86_64", "amd64");
  private static final Program AGENT =
      Program.all(Path.of("..")).stream()
          .filter(program -> program.name().equals("agent"))
          .findFirst()
          .orElseThrow();

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void makeABase() throws Exception {
    Path jre = shared.resolve("jre");
    call(
        JDK.resolve("bin/jlink").toString(),
        "--add-modules=java.se,jdk.httpserver,jdk.unsupported,jdk.management",
        "--output=" + jre);
    try (Stream<Path> files = Files.walk(jre)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, FileTime.from(CREATED));
      }
    }
    // What distributions of a JRE bring: the JVM's own archive for the agent's flags.
    call(
        jre.resolve("bin/java").toString(),
        "-XX:+UseCompactObjectHeaders",
        "-XX:+UseSerialGC",
        "-Xshare:dump");
    base(jre, shared.resolve("base.tar"));
  }

  @Test
  void theAgentInTheImageStartsWithTheArchiveOfItsClasses() throws Exception {
    Path root = unpacked(archive());

    List<String> lines = run(root);

    assertThat(lines).anyMatch(line -> line.contains("Usage: llama-mesh"));
    assertThat(lines)
        .filteredOn(line -> line.contains("io.llamamesh.agent.main.AgentMain source:"))
        .singleElement()
        .asString()
        .contains("shared objects file (top)");
  }

  @Test
  void anArchiveOfAnotherJreIsAsNone() throws Exception {
    Path archive = archive();
    byte[] bytes = Files.readAllBytes(archive);
    // Its header names the JVM that it is of.
    String version = System.getProperty("java.vm.version");
    int at = new String(bytes, 0, HEADER, StandardCharsets.ISO_8859_1).indexOf(version);
    assertThat(at).isPositive();
    bytes[at + version.length() - 1] ^= 1;
    Path root = unpacked(Files.write(archive, bytes));

    assertThat(run(root))
        .anyMatch(line -> line.contains("Usage: llama-mesh"))
        .noneMatch(line -> line.contains("shared objects file (top)"));
  }

  @Test
  void anArchiveThatIsNoneIsAsNone() throws Exception {
    Path rubbish = Files.writeString(folder.resolve("rubbish"), "no archive");

    assertThat(run(unpacked(rubbish)))
        .anyMatch(line -> line.contains("Usage: llama-mesh"))
        .noneMatch(line -> line.contains("shared objects file (top)"));
  }

  /** As {@code tar -C ROOT .} names them; several tools make layers so. */
  @ParameterizedTest
  @ValueSource(strings = {"./", "/", ".//"})
  void aBaseWhoseLayersNameFilesOtherwiseHasTheSameJre(String prefix) throws Exception {
    Path small = Files.createDirectories(folder.resolve("small/bin")).getParent();
    Files.writeString(small.resolve("bin/java"), "#!/bin/sh\necho this is java >&2; exit 3\n");
    Path tar = folder.resolve("small.tar");
    base(small, tar);
    Path renamed = renamed(tar, prefix, folder.resolve("renamed.tar"));

    assertThatThrownBy(() ->
            ClassArchive.make(AGENT, renamed, CREATED, Files.createDirectory(folder.resolve("s"))))
        .isInstanceOf(IOException.class)
        .hasMessage("the base's JRE does not run it here: this is java");
  }

  @Test
  void aBaseWithoutAJreIsToldInALine() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("empty/bin")).getParent();
    Files.writeString(empty.resolve("bin/java"), "#!/bin/sh\necho no java here >&2; exit 3\n");
    Path tar = folder.resolve("empty.tar");
    base(empty, tar);

    assertThatThrownBy(() ->
            ClassArchive.make(AGENT, tar, CREATED, Files.createDirectory(folder.resolve("s"))))
        .isInstanceOf(IOException.class)
        .hasMessage("the base's JRE does not run it here: no java here");
  }

  private Path archive() throws Exception {
    return ClassArchive.make(
        AGENT,
        shared.resolve("base.tar"),
        CREATED,
        Files.createDirectory(folder.resolve("scratch")));
  }

  /** The files of the agent's image with an archive, as a container runtime lays them out. */
  private Path unpacked(Path archive) throws Exception {
    Path tar = folder.resolve("agent.tar");
    new ImageTar("tar://" + shared.resolve("base.tar").toAbsolutePath(), "1", CREATED)
        .write(AGENT, HERE, archive, tar);
    Path root = folder.resolve("container");
    for (Map.Entry<String, byte[]> file : entries(Files.readAllBytes(tar)).entrySet()) {
      if (file.getKey().endsWith(".tar.gz")) {
        layer(file.getValue(), root);
      }
    }
    return root;
  }

  private static void layer(byte[] gz, Path root) throws IOException {
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(gz)))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        Path at = root.resolve(e.getName());
        if (e.isDirectory()) {
          Files.createDirectories(at);
        } else {
          Files.createDirectories(at.getParent());
          Files.copy(in, at);
          assertThat(at.toFile().setExecutable((e.getMode() & 0100) != 0)).isTrue();
          Files.setLastModifiedTime(at, FileTime.from(e.getLastModifiedTime().toInstant()));
        }
      }
    }
  }

  /** The agent's help, and where each of its classes comes from. */
  private List<String> run(Path root) throws Exception {
    Path log = folder.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(root.resolve("opt/llama-mesh/bin/agent").toString(), "--help");
    builder.environment().clear();
    builder.environment().put("JAVA_HOME", root.resolve(JRE).toString());
    builder.environment().put("JAVA_OPTS", "-Xlog:class+load");
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    return Files.readAllLines(log);
  }

  /** A base image that holds a JRE at the usual place, and says so. */
  private static void base(Path jre, Path tar) throws Exception {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder();
    try (Stream<Path> files = Files.walk(jre)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        layer.addEntry(
            file,
            AbsoluteUnixPath.get("/" + JRE + "/" + jre.relativize(file)),
            FilePermissions.fromOctalString(
                Files.isExecutable(file) || file.endsWith("bin/java") ? "755" : "644"),
            CREATED);
      }
    }
    Jib.fromScratch()
        .addEnvironmentVariable("JAVA_HOME", "/" + JRE)
        .setFileEntriesLayers(layer.build())
        .containerize(Containerizer.to(TarImage.at(tar).named("base")));
  }

  /** An image with something before the name of each file, and of each file's other names. */
  private static Path renamed(Path tar, String prefix, Path to) throws IOException {
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(to))) {
      for (Map.Entry<String, byte[]> part : entries(Files.readAllBytes(tar)).entrySet()) {
        boolean layer = part.getKey().endsWith(".tar.gz");
        byte[] bytes = layer ? renamed(part.getValue(), prefix) : part.getValue();
        TarArchiveEntry entry = new TarArchiveEntry(part.getKey());
        entry.setSize(bytes.length);
        out.putArchiveEntry(entry);
        out.write(bytes);
        out.closeArchiveEntry();
      }
    }
    return to;
  }

  private static byte[] renamed(byte[] layer, String prefix) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveInputStream in =
            new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(layer)));
        TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        TarArchiveEntry entry = new TarArchiveEntry(prefix + e.getName(), true);
        entry.setSize(e.getSize());
        entry.setMode(e.getMode());
        entry.setLastModifiedTime(e.getLastModifiedTime());
        out.putArchiveEntry(entry);
        in.transferTo(out);
        out.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static Map<String, byte[]> entries(byte[] tar) throws IOException {
    Map<String, byte[]> entries = new java.util.LinkedHashMap<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        entries.put(e.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  private static void call(String... command) throws Exception {
    Process process =
        new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).start();
    String said;
    try (InputStream out = process.getInputStream()) {
      said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(process.waitFor()).as(said).isZero();
  }
}
