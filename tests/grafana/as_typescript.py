"""A dashboard's JSON as a TypeScript program that compiles only if Grafana's types allow every part of it.

    as_typescript.py FILE
"""
import json
import sys

HEAD = """
import type * as schema from '@grafana/schema';
import type { Options as TimeSeriesOptions, FieldConfig as TimeSeriesField }
  from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as HeatOptions, FieldConfig as HeatField }
  from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';

// JSON has texts where the types have enumerations of texts.
type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Query = schema.DataQuery & { expr: string; editorMode: 'code'; format: 'time_series' | 'heatmap';
  legendFormat: string; range: boolean };
type Of<Type, Options, Field> = Omit<schema.Panel, 'type' | 'options' | 'targets' | 'fieldConfig'> & {
  type: Type; options: Options; targets: Query[];
  fieldConfig: { defaults: Omit<schema.FieldConfig, 'custom'> & { custom: Field }; overrides: [] } };
"""


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        dashboard = json.load(file)
    panels = dashboard.pop("panels")
    print(HEAD)
    print(f"const dashboard: Plain<Omit<schema.Dashboard, 'panels'>> = {json.dumps(dashboard)};")
    types = {"timeseries": "Of<'timeseries', TimeSeriesOptions, TimeSeriesField>", "stat": "Of<'stat', StatOptions, {}>",
             "heatmap": "Of<'heatmap', HeatOptions, HeatField>", "row": "schema.RowPanel"}
    for panel in panels:
        print(f"const panel{panel['id']}: Plain<{types[panel['type']]}> = {json.dumps(panel)};")


main()
