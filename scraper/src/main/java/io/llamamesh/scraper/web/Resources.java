package io.llamamesh.scraper.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The page's files; no other resource of the class path is served. */
final class Resources {
  private static final String ECHARTS = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";
  private static final int DAY = 86_400;

  private record PageFile(String resource, String contentType, int cacheSeconds) {}

  private static final Map<String, PageFile> KNOWN =
      Map.ofEntries(
          Map.entry("/", new PageFile("page/index.html", "text/html; charset=utf-8", 0)),
          Map.entry("/page.css", new PageFile("page/page.css", "text/css; charset=utf-8", 0)),
          Map.entry("/page.js", script("page.js")),
          Map.entry("/api.js", script("api.js")),
          Map.entry("/matrix.js", script("matrix.js")),
          Map.entry("/scales.js", script("scales.js")),
          Map.entry("/sentences.js", script("sentences.js")),
          Map.entry("/details.js", script("details.js")),
          Map.entry("/bursts.js", script("bursts.js")),
          Map.entry("/words.js", script("words.js")),
          Map.entry("/favicon.svg", new PageFile("page/favicon.svg", "image/svg+xml", DAY)),
          Map.entry("/echarts.js", new PageFile(ECHARTS, "text/javascript; charset=utf-8", DAY)));

  /** Each file is read once, however many browsers open the page. */
  private final Map<String, Answer> read = new ConcurrentHashMap<>();

  private static PageFile script(String name) {
    return new PageFile("page/" + name, "text/javascript; charset=utf-8", 0);
  }

  /** The file of a path; 404 if there is none. */
  Answer get(String path) {
    PageFile known = KNOWN.get(path);
    if (known == null) {
      return Answer.error(404, "nothing is here; the page is at / and the API below /api/v1/");
    }
    return read.computeIfAbsent(path, p -> read(p, known));
  }

  private static Answer read(String path, PageFile known) {
    try (@Nullable InputStream stream = Resources.class.getResourceAsStream(known.resource())) {
      if (stream == null) {
        return Answer.error(500, "the page's file " + path + " is missing in this build");
      }
      return new Answer(200, known.contentType(), stream.readAllBytes(), known.cacheSeconds());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
