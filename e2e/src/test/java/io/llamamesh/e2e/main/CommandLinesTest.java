package io.llamamesh.e2e.main;

import io.llamamesh.testkit.junit.CommandLineRules;
import java.util.Map;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(() -> E2eMain.commandLine(Map.of()), "llama-mesh e2e");
  }
}
