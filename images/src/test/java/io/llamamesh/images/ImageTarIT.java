package io.llamamesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.llamamesh.images.tar.ImageTar;
import io.llamamesh.images.tar.Program;
import io.llamamesh.images.tar.Registries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is in an image, as a container runtime reads it. */
class ImageTarIT {
  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Path ROOT = Path.of("..");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"operator, amd64", "agent, amd64", "agent, arm64", "scraper, arm64"})
  void anImageRunsTheProgramsScriptAsNobody(String name, String architecture) throws Exception {
    Map<String, byte[]> image = written(name, architecture, "a.tar");

    JsonObject manifest = json(image.get("manifest.json"), true);
    assertThat(manifest.getAsJsonArray("RepoTags").get(0).getAsString())
        .isEqualTo("llama-mesh-" + name + ":1.2.3");
    JsonObject document = json(image.get(manifest.get("Config").getAsString()), false);
    assertThat(document.get("architecture").getAsString()).isEqualTo(architecture);
    assertThat(document.get("os").getAsString()).isEqualTo("linux");
    JsonObject config = document.getAsJsonObject("config");
    assertThat(config.get("User").getAsString()).isEqualTo("65532:65532");
    assertThat(config.getAsJsonArray("Entrypoint").toString())
        .isEqualTo("[\"/opt/llama-mesh/bin/" + name + "\"]");
    assertThat(
            config.getAsJsonObject("Labels").get("org.opencontainers.image.version").getAsString())
        .isEqualTo("1.2.3");

    Map<String, TarArchiveEntry> files = files(image, manifest);
    assertThat(files).containsKey("opt/llama-mesh/bin/" + name);
    assertThat(files.get("opt/llama-mesh/bin/" + name).getMode() & 0777).isEqualTo(0755);
    assertThat(files.keySet())
        .anyMatch(f -> f.matches("opt/llama-mesh/lib/llama-mesh-" + name + "-.*[.]jar"))
        .anyMatch(f -> f.matches("opt/llama-mesh/lib/picocli-.*[.]jar"))
        .noneMatch(f -> f.matches(".*(junit|assertj|helm-java).*"));
    assertThat(files.values()).allMatch(f -> f.getLastModifiedTime().toInstant().equals(CREATED));
  }

  /** A platform may choose the user, who is in no group of the files' then. */
  @ParameterizedTest
  @CsvSource({"operator", "agent", "scraper", "registry"})
  void anyUserMayRunWhatIsInAnImage(String name) throws Exception {
    Map<String, byte[]> image = written(name, "amd64", "a.tar");

    assertThat(allFiles(image, json(image.get("manifest.json"), true)).values())
        .isNotEmpty()
        .allSatisfy(f ->
            assertThat(f.getMode() & 0777)
                .as(f.getName())
                .isEqualTo(
                    f.isDirectory() || f.getName().startsWith("opt/llama-mesh/bin/")
                        ? 0755
                        : 0644));
  }

  @ParameterizedTest
  @CsvSource({"operator", "agent", "scraper", "registry"})
  void anImageSaysWhatItContains(String name) throws Exception {
    Assumptions.assumeTrue(
        Files.exists(ROOT.resolve(name).resolve("target/dist/sbom.json")),
        "built offline: the plugin that lists what is in lib/ asks to be online");
    Map<String, byte[]> image = written(name, "amd64", "a.tar");

    assertThat(files(image, json(image.get("manifest.json"), true)))
        .containsKey("opt/llama-mesh/sbom.json");
  }

  @Test
  void theScriptInTheImageIsTheOneThatRunsHere() throws Exception {
    Map<String, byte[]> image = written("agent", "amd64", "a.tar");

    JsonObject manifest = json(image.get("manifest.json"), true);
    byte[] script = null;
    for (var layer : manifest.getAsJsonArray("Layers")) {
      byte[] found =
          entries(gunzip(image.get(layer.getAsString()))).get("opt/llama-mesh/bin/agent");
      script = found == null ? script : found;
    }
    assertThat(script).isEqualTo(Files.readAllBytes(ROOT.resolve("agent/src/main/dist/bin/agent")));
  }

  @Test
  void theSameInputsGiveTheSameBytes() throws Exception {
    written("operator", "amd64", "a.tar");
    written("operator", "amd64", "b.tar");

    assertThat(Files.mismatch(folder.resolve("a.tar"), folder.resolve("b.tar"))).isEqualTo(-1);
  }

  @Test
  void aBaseWhoseRegistryIsNotThereIsToldAtOnce() {
    assertThatThrownBy(() -> Registries.check("registry.invalid/jre:25"))
        .isInstanceOf(IOException.class)
        .hasMessage("registry.invalid has no address here");
  }

  private Map<String, byte[]> written(String name, String architecture, String file)
      throws IOException, InterruptedException {
    Program program =
        Program.all(ROOT).stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    Path tar = folder.resolve(file);
    new ImageTar("scratch", "1.2.3", CREATED).write(program, architecture, tar);
    return entries(Files.readAllBytes(tar));
  }

  private static Map<String, TarArchiveEntry> files(Map<String, byte[]> image, JsonObject manifest)
      throws IOException {
    Map<String, TarArchiveEntry> files = allFiles(image, manifest);
    files.values().removeIf(TarArchiveEntry::isDirectory);
    return files;
  }

  /** Folders too. */
  private static Map<String, TarArchiveEntry> allFiles(
      Map<String, byte[]> image, JsonObject manifest) throws IOException {
    Map<String, TarArchiveEntry> files = new LinkedHashMap<>();
    for (var layer : manifest.getAsJsonArray("Layers")) {
      byte[] tar = gunzip(image.get(layer.getAsString()));
      try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
        for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
          files.put(e.getName(), e);
        }
      }
    }
    return files;
  }

  private static Map<String, byte[]> entries(byte[] tar) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        entries.put(e.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  private static byte[] gunzip(byte[] bytes) throws IOException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  private static JsonObject json(byte[] bytes, boolean first) {
    var parsed = JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8));
    return first ? parsed.getAsJsonArray().get(0).getAsJsonObject() : parsed.getAsJsonObject();
  }
}
