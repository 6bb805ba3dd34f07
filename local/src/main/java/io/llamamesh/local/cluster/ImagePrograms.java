package io.llamamesh.local.cluster;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The programs that stand for images: what the build left in {@code <module>/target/dist}, started
 * as the image would.
 *
 * @param root the checkout
 */
public record ImagePrograms(Path root) {

  /**
   * The script that starts an image's program.
   *
   * @throws IllegalArgumentException where no such program was built
   */
  Path of(String image) {
    String name = image.substring(image.lastIndexOf('/') + 1).replaceFirst("[:@].*$", "");
    String module = name.startsWith("llama-mesh-") ? name.substring("llama-mesh-".length()) : name;
    Path script = root.resolve(module).resolve("target/dist/bin").resolve(module);
    if (!module.matches("[a-z]+") || !Files.isRegularFile(script)) {
      throw new IllegalArgumentException(
          "the image '" + image + "' can't be run here: only our own agent and scraper are");
    }
    return script;
  }
}
