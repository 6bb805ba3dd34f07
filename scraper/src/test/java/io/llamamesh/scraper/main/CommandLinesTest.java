package io.llamamesh.scraper.main;

import io.llamamesh.testkit.junit.CommandLineRules;
import java.util.Map;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(() -> ScraperMain.commandLine(Map.of()), "llama-mesh scraper", "llama-mesh matrix");
  }
}
