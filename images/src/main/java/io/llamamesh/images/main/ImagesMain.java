package io.llamamesh.images.main;

import io.llamamesh.images.tar.ClassArchive;
import io.llamamesh.images.tar.ImageTar;
import io.llamamesh.images.tar.Program;
import io.llamamesh.images.tar.Registries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes the images' tars; where the base cannot be had, says so in one line and goes on. */
@Command(
    name = "images",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes OUT/NAME-ARCH-image.tar for operator, agent, scraper and registry.",
    footer = "Exit codes: 0 written, or not and said why; 1 with --required where it could not.")
public final class ImagesMain implements Callable<Integer> {
  @Option(
      names = "--base",
      defaultValue = "eclipse-temurin:25-jre",
      paramLabel = "IMAGE",
      description = "image with a JRE 25, tar://FILE, or scratch (default: ${DEFAULT-VALUE})")
  private String base = "";

  @Option(
      names = "--arch",
      split = ",",
      defaultValue = "amd64,arm64",
      description = "architectures (default: ${DEFAULT-VALUE})")
  private List<String> architectures = List.of();

  @Option(names = "--tag", required = true, description = "tag of the images")
  private String tag = "";

  @Option(names = "--created", required = true, description = "creation time, RFC 3339")
  private Instant created = Instant.EPOCH;

  @Option(names = "--root", required = true, description = "the repository's root")
  private Path root = Path.of("");

  @Option(names = "--out", required = true, description = "where the tars go")
  private Path out = Path.of("");

  @Option(
      names = "--archive",
      arity = "1",
      defaultValue = "true",
      paramLabel = "true|false",
      description =
          "put an archive of its classes into the agent's image, where the base's JRE runs on this"
              + " machine; its bytes differ from build to build (default: ${DEFAULT-VALUE})")
  private boolean archive;

  @Option(names = "--required", description = "fail where an image cannot be made")
  private boolean required;

  private @Nullable String problem;

  public static void main(String[] args) {
    System.exit(new CommandLine(new ImagesMain()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    try {
      Registries.check(base);
      ImageTar image = new ImageTar(base, tag, created);
      for (Program program : Program.all(root)) {
        for (String architecture : architectures) {
          Path tar = out.resolve(program.name() + "-" + architecture + "-image.tar");
          String without = write(image, program, architecture, tar);
          System.out.println(
              "image " + program.image() + ":" + tag + " " + architecture + " " + tar + without);
        }
      }
    } catch (IOException e) {
      problem = e.getMessage();
      System.out.println(
          "images are not built: the base %s cannot be had (%s); -Dimages.base=IMAGE names another, tar://FILE works offline, -Dimages.skip leaves them out"
              .formatted(base, problem));
    }
    return required && problem != null ? 1 : 0;
  }

  /** Writes one; says what it does without, or nothing. */
  private String write(ImageTar image, Program program, String architecture, Path tar)
      throws IOException, InterruptedException {
    String without = "";
    if (archive && !base.equals("scratch") && ClassArchive.isPossible(program, architecture)) {
      Path scratch = Files.createTempDirectory("llama-mesh-images");
      try {
        Path baseTar = scratch.resolve("base.tar");
        image.writeBase(architecture, baseTar);
        image.write(
            program, architecture, ClassArchive.make(program, baseTar, created, scratch), tar);
        return without;
      } catch (IOException e) {
        without = " (without an archive of classes, so it starts slower: " + e.getMessage() + ")";
      } finally {
        delete(scratch);
      }
    }
    image.write(program, architecture, tar);
    return without;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
