package io.llamamesh.images.main;

import io.llamamesh.images.tar.ImageTar;
import io.llamamesh.images.tar.Program;
import io.llamamesh.images.tar.Registries;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes the images' tars; where the base cannot be had, says so in one line and goes on. */
@Command(
    name = "images",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes OUT/NAME-ARCH-image.tar for operator, agent and scraper.",
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
          image.write(program, architecture, tar);
          System.out.println(
              "image " + program.image() + ":" + tag + " " + architecture + " " + tar);
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
}
