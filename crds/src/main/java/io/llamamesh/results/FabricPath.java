package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/**
 * The shortest route over links from one member to another: {@code /v1/path/FROM/TO}.
 *
 * @param from where it begins
 * @param to where it ends
 * @param path names from one to the other, both included; empty where there is no route
 */
@JsonPropertyOrder({"from", "to", "path"})
public record FabricPath(String from, String to, List<String> path) {
  public FabricPath {
    path = List.copyOf(path);
  }
}
