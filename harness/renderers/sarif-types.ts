/** The part of SARIF 2.1.0 that is written here; names are the standard's. Used by the renderer and its tests. */

export interface SarifMessage {
  text: string;
  markdown?: string;
}

export interface SarifRegion {
  startLine: number;
  startColumn?: number;
  endLine?: number;
  snippet?: { text: string };
}

export interface SarifPhysicalLocation {
  artifactLocation: { uri: string; uriBaseId?: string };
  region: SarifRegion;
  contextRegion?: SarifRegion;
}

export interface SarifLocation {
  physicalLocation: SarifPhysicalLocation;
  message?: SarifMessage;
}

export interface SarifRule {
  id: string;
  name?: string;
  shortDescription: SarifMessage;
  fullDescription: SarifMessage;
  help: SarifMessage;
  defaultConfiguration: { level: 'error' };
  properties: { tags: string[]; precision: 'high'; 'problem.severity': 'error' };
}

export interface SarifResult {
  ruleId: string;
  ruleIndex: number;
  /** `open`: there was not enough to decide; its level must then be `none`. */
  kind: 'fail' | 'open';
  level: 'error' | 'note' | 'none';
  message: SarifMessage;
  locations?: SarifLocation[];
  codeFlows?: { threadFlows: { locations: { location: SarifLocation }[] }[] }[];
  partialFingerprints: Record<string, string>;
  suppressions?: { kind: 'inSource' | 'external'; status: 'accepted'; justification: string }[];
  properties: { stage: string; subject: string; messageId?: string };
}

export interface SarifNotification {
  level: 'error' | 'warning' | 'note';
  message: SarifMessage;
  associatedRule?: { id: string; index: number };
  locations?: SarifLocation[];
}

export interface SarifLog {
  $schema: string;
  version: '2.1.0';
  runs: {
    tool: {
      driver: {
        name: string;
        semanticVersion: string;
        language: 'en';
        rules: SarifRule[];
      };
    };
    automationDetails: { id: string };
    originalUriBaseIds: Record<string, { description: SarifMessage }>;
    columnKind: 'utf16CodeUnits';
    invocations: {
      executionSuccessful: boolean;
      exitCode: number;
      exitCodeDescription: string;
      arguments: string[];
      startTimeUtc: string;
      endTimeUtc: string;
      toolExecutionNotifications: SarifNotification[];
      toolConfigurationNotifications: SarifNotification[];
    }[];
    results: SarifResult[];
    properties: { runId: string; outcome: string; commit?: string };
  }[];
}
