package io.llamamesh.scraper.main;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The Grafana dashboards that are handed out, and what they ask. */
final class Dashboards {
  static final Path FOLDER = Path.of("../examples/grafana");

  private Dashboards() {}

  /** A dashboard's document. */
  static JsonNode read(String name) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(FOLDER.resolve(name)));
  }

  /** What a dashboard's panels ask: the values of that field of their targets. */
  static List<String> queries(String name, String field) throws IOException {
    List<String> queries = new ArrayList<>();
    for (JsonNode panel : read(name).path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(target.path(field).asText());
      }
    }
    return queries;
  }

  /** What a dashboard's variables ask. */
  static List<String> variables(String name) throws IOException {
    List<String> queries = new ArrayList<>();
    for (JsonNode variable : read(name).at("/templating/list")) {
      if (variable.path("type").asText().equals("query")) {
        JsonNode query = variable.path("query");
        queries.add(query.isTextual() ? query.asText() : query.path("query").asText());
      }
    }
    return queries;
  }

  /** A query as Grafana sends it, everything chosen, over the last hour. */
  static String filledIn(String query) {
    return query
        .replace("$timeFilter", "time > now() - 1h")
        .replace("$__interval", "10s")
        .replace("$__rate_interval", "5m")
        .replaceAll("\\$(mesh|class|source|destination|namespace|job)\\b", ".*");
  }
}
