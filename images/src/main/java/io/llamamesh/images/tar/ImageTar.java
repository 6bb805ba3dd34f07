package io.llamamesh.images.tar;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a program's image for one architecture as a tar that {@code docker load}, {@code ctr
 * images import} and {@code kind load image-archive} take. The entry point is the program's own
 * script, so the JVM's flags are in one place. Same inputs, same bytes.
 *
 * @param base an image's name, {@code tar://FILE}, or {@code scratch} for none
 * @param tag tag of the image
 * @param created creation time of the image, modification time of all its files
 */
public record ImageTar(String base, String tag, Instant created) {
  /** Nobody; what the operator and the chart let pods run as. */
  public static final String USER = "65532:65532";

  /** Place of the dist folder in the image. */
  public static final String HOME = "/opt/llama-mesh";

  private static final FilePermissions EXECUTABLE = FilePermissions.fromOctalString("755");
  private static final FilePermissions PLAIN = FilePermissions.fromOctalString("644");

  /**
   * Writes the tar.
   *
   * @param architecture {@code amd64} or {@code arm64}
   * @throws IOException where the base cannot be had or the tar not be written
   */
  public void write(Program program, String architecture, Path tar)
      throws IOException, InterruptedException {
    write(program, architecture, null, tar);
  }

  /**
   * Writes the tar of a program with an archive of its classes.
   *
   * @param archive the archive, see {@link ClassArchive}; null: none
   */
  public void write(Program program, String architecture, @Nullable Path archive, Path tar)
      throws IOException, InterruptedException {
    write(
        start(architecture)
            .setCreationTime(created)
            .setUser(USER)
            .setWorkingDirectory(AbsoluteUnixPath.get("/"))
            .setEntrypoint(HOME + "/bin/" + program.name())
            .setLabels(labels(program))
            .setFileEntriesLayers(layers(program, archive)),
        program.image() + ":" + tag,
        tar);
  }

  /** Writes the base alone, for whoever must look into it. */
  public void writeBase(String architecture, Path tar) throws IOException, InterruptedException {
    write(start(architecture), "base", tar);
  }

  private static void write(JibContainerBuilder image, String name, Path tar)
      throws IOException, InterruptedException {
    try {
      Files.createDirectories(tar.toAbsolutePath().getParent());
      image.containerize(
          Containerizer.to(TarImage.at(tar).named(name))
              .setToolName("llama-mesh")
              .setAlwaysCacheBaseImage(true));
    } catch (ExecutionException e) {
      throw new IOException(rootMessage(e), e);
    } catch (InvalidImageReferenceException
        | RegistryException
        | CacheDirectoryCreationException e) {
      throw new IOException(rootMessage(e), e);
    }
  }

  private JibContainerBuilder start(String architecture) throws IOException {
    try {
      return (base.equals("scratch") ? Jib.fromScratch() : Jib.from(base))
          .setPlatforms(Set.of(new Platform(architecture, "linux")));
    } catch (InvalidImageReferenceException e) {
      throw new IOException(rootMessage(e), e);
    }
  }

  private Map<String, String> labels(Program program) {
    return Map.of(
        "org.opencontainers.image.title",
        program.image(),
        "org.opencontainers.image.description",
        program.title(),
        "org.opencontainers.image.version",
        tag,
        "org.opencontainers.image.created",
        created.toString(),
        "org.opencontainers.image.licenses",
        "Apache-2.0",
        "org.opencontainers.image.base.name",
        base);
  }

  /** Others' libraries, which change seldom, below our own jars and the script. */
  private List<FileEntriesLayer> layers(Program program, @Nullable Path archive)
      throws IOException {
    FileEntriesLayer.Builder libraries = FileEntriesLayer.builder().setName("libraries");
    FileEntriesLayer.Builder ours = FileEntriesLayer.builder().setName("program");
    try (Stream<Path> files = Files.walk(program.folder())) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String place = program.folder().relativize(file).toString().replace('\\', '/');
        boolean script = place.startsWith("bin/");
        boolean library = place.startsWith("lib/");
        if (script || library || place.equals("sbom.json")) {
          FileEntriesLayer.Builder layer =
              library && !place.startsWith("lib/llama-mesh-") ? libraries : ours;
          layer.addEntry(
              file, AbsoluteUnixPath.get(HOME + "/" + place), script ? EXECUTABLE : PLAIN, created);
        }
      }
    }
    if (archive != null) {
      ours.addEntry(
          archive, AbsoluteUnixPath.get(HOME + "/" + program.name() + ".jsa"), PLAIN, created);
    }
    return List.of(libraries.build(), ours.build());
  }

  private static String rootMessage(Throwable problem) {
    Throwable root = problem;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String said = root.getMessage() == null ? "" : ": " + root.getMessage();
    return root.getClass().getSimpleName() + said.replaceAll("\\s+", " ");
  }
}
