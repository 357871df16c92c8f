"""Chinese names of places that are named without a word for what they are: cities, provinces, countries."""

from __future__ import annotations

CITIES = frozenset(
    " 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西"
    " 甘肃 青海 台湾 北京 上海 天津 重庆 广州 深圳 杭州 南京 武汉 成都 西安 苏州 郑州 长沙 沈阳 大连"
    " 青岛 宁波 厦门 合肥 济南 福州 昆明".split()
)
"""Large cities and provinces of China, of two characters each."""

_OTHERS = frozenset(
    " 香港 澳门 台北 高雄 大陆 内地 广西 西藏 宁夏 新疆 内蒙古 黑龙江 哈尔滨 石家庄 长春 太原 南昌 南宁"
    " 海口 贵阳 拉萨 兰州 西宁 银川 无锡 东莞 佛山 珠海 温州 徐州 烟台 三亚 洛阳 中国 美国 英国 法国"
    " 德国 日本 韩国 朝鲜 印度 泰国 越南 缅甸 老挝 蒙古 俄罗斯 乌克兰 白俄罗斯 波兰 捷克 匈牙利 奥地利"
    " 瑞士 瑞典 挪威 丹麦 芬兰 冰岛 荷兰 比利时 卢森堡 西班牙 葡萄牙 意大利 希腊 土耳其 以色列 巴勒斯坦"
    " 黎巴嫩 叙利亚 约旦 伊朗 伊拉克 沙特 卡塔尔 科威特 阿联酋 也门 阿富汗 巴基斯坦 孟加拉国 斯里兰卡"
    " 尼泊尔 马来西亚 新加坡 印度尼西亚 印尼 菲律宾 柬埔寨 澳大利亚 新西兰 加拿大 墨西哥 古巴 巴西"
    " 阿根廷 智利 秘鲁 哥伦比亚 委内瑞拉 乌拉圭 埃及 利比亚 突尼斯 阿尔及利亚 摩洛哥 苏丹 南苏丹"
    " 埃塞俄比亚 肯尼亚 尼日利亚 南非 加纳 爱尔兰 苏格兰 威尔士 英格兰 塞尔维亚 克罗地亚 罗马尼亚"
    " 保加利亚 哈萨克斯坦 乌兹别克斯坦 格鲁吉亚 亚美尼亚 阿塞拜疆 欧盟 东京 首尔 纽约 伦敦 巴黎 柏林"
    " 罗马 马德里 莫斯科 华盛顿 洛杉矶 旧金山 芝加哥 悉尼 墨尔本 多伦多 曼谷 新德里 孟买 迪拜 开罗"
    " 伊斯坦布尔 维也纳 日内瓦 布鲁塞尔 阿姆斯特丹".split()
)
"""Other cities, regions and countries that news speaks of often."""

_PLACES = CITIES | _OTHERS

_LONGEST = max(map(len, _PLACES))


def ends_with_place(text: str) -> int:
    """Give the length of the longest place at the end of a text, 0 for none."""
    return next((n for n in range(min(_LONGEST, len(text)), 1, -1) if text[-n:] in _PLACES), 0)


def begins_with_place(text: str) -> int:
    """Give the length of the longest place at the beginning of a text, 0 for none."""
    return next((n for n in range(min(_LONGEST, len(text)), 1, -1) if text[:n] in _PLACES), 0)
