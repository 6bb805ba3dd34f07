package io.llamamesh.images.tar;

import java.nio.file.Path;
import java.util.List;

/**
 * A program that gets an image.
 *
 * @param name its name and that of its module and script
 * @param title one line for people
 * @param folder its dist folder, with {@code bin/NAME} and {@code lib/}
 */
public record Program(String name, String title, Path folder) {

  /** All of this repository, whose root is given. */
  public static List<Program> all(Path root) {
    return List.of(
        of(root, "operator", "Turns LlamaMesh resources into running meshes"),
        of(root, "agent", "Reflector and collector of a node"),
        of(root, "scraper", "Pulls results, stores them, shows the matrix"),
        of(root, "registry", "Registers probes outside a cluster"));
  }

  private static Program of(Path root, String name, String title) {
    return new Program(name, title, root.resolve(name).resolve("target/dist"));
  }

  /** The image's name without registry and tag. */
  public String image() {
    return "llama-mesh-" + name;
  }
}
