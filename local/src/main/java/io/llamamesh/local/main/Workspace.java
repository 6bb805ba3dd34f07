package io.llamamesh.local.main;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run: logs, kubeconfig, pods' files, the store. A temporary one is removed at
 * the end; of the user's, only the pods' files are.
 *
 * @param folder where it is
 * @param temporary whether it goes at the end
 */
record Workspace(Path folder, boolean temporary) implements AutoCloseable {
  static Workspace open(@Nullable Path data) throws UserError {
    try {
      Workspace workspace =
          data == null
              ? new Workspace(Files.createTempDirectory("llama-mesh-local-"), true)
              : new Workspace(Files.createDirectories(data.toAbsolutePath()), false);
      deleteTree(workspace.pods());
      Files.createDirectories(workspace.logs());
      return workspace;
    } catch (IOException e) {
      throw new UserError("--data " + data + " can't be used as a folder: " + e.getMessage());
    }
  }

  Path logs() {
    return folder.resolve("logs");
  }

  Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  Path store() {
    return folder.resolve("store");
  }

  /** Token for bursts from the page. */
  Path pageToken() {
    return folder.resolve("page-token");
  }

  /**
   * Token that all agents take, as one of them has it.
   *
   * @param pod that agent's
   */
  Path agentsToken(String pod) {
    return pods().resolve(pod).resolve("volumes/auth/metrics-token");
  }

  private Path pods() {
    return folder.resolve("pods");
  }

  @Override
  public void close() throws IOException {
    deleteTree(temporary ? folder : pods());
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
